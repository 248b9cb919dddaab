import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { failed } from "../shell/toast";
import classes from "./settings.module.css";

interface Props {
  opened: boolean;
  title: string;
  text: string;
  action: string;
  /** What is asked for takes nothing away. */
  harmless?: boolean;
  onClose: () => void;
  onConfirm: () => Promise<void>;
}

/** Asks before something that cannot be taken back, or that is more than a click should do. */
export function Confirm({ opened, title, text, action, harmless = false, onClose, onConfirm }: Props) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);

  async function confirm() {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      failed(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <div className={classes.form}>
        <p style={{ margin: 0 }}>{text}</p>
        <div className={classes.buttons}>
          <Button {...(harmless ? {} : { color: "red" })} loading={busy} onClick={() => void confirm()}>
            {action}
          </Button>
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("action.cancel")}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
