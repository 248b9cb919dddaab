import { Kbd, Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Key } from "../locales";
import classes from "./shell.module.css";

const shortcuts = [
  [["j"], "keys.next"],
  [["k"], "keys.previous"],
  [["Enter"], "keys.open"],
  [["/"], "keys.search"],
  [["Ctrl", "K"], "keys.search_messages"],
  [["r"], "keys.reply"],
  [["n"], "keys.note"],
  [["Alt", "1"], "keys.suggestion"],
  [["m"], "keys.assign_me"],
  [["e"], "keys.resolve"],
  [["i"], "keys.contact"],
  [["Esc"], "keys.back"],
  [["?"], "keys.help"],
] as const satisfies [string[], Key][];

export function ShortcutsHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("keys.title")}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <dl className={classes.keys}>
        {shortcuts.map(([keys, label]) => (
          <div key={label} style={{ display: "contents" }}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{t(label)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
