import { ActionIcon, Button, Menu, Modal, TextInput } from "@mantine/core";
import { IconClockPause } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { currentLocale } from "../locales";
import { shortMoment } from "../locales/time";
import classes from "./inbox.module.css";
import { snoozeTimes } from "./snooze";

/** Puts a conversation aside until a time. */
export function SnoozeMenu({ onSnooze }: { onSnooze: (until: number) => void }) {
  const { t } = useTranslation();
  const [picking, setPicking] = useState(false);
  return (
    <>
      <Menu position="bottom-end" keepMounted={false}>
        <Menu.Target>
          <ActionIcon aria-label={t("snooze.action")} title={t("snooze.action")} data-testid="snooze">
            <IconClockPause size={20} stroke={1.6} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("snooze.until")}</Menu.Label>
          {snoozeTimes(Date.now()).map(({ name, at }) => (
            <Menu.Item
              key={name}
              onClick={() => onSnooze(at)}
              rightSection={<span className={classes.when}>{shortMoment(at, currentLocale())}</span>}
              data-testid={`snooze-${name}`}
            >
              {t(`snooze.${name}`)}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => setPicking(true)}>{t("snooze.pick")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={picking}
        onClose={() => setPicking(false)}
        title={t("snooze.pick")}
        size="sm"
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <Pick
          onPick={(until) => {
            setPicking(false);
            onSnooze(until);
          }}
        />
      </Modal>
    </>
  );
}

/** The browser's own field for a moment: it speaks the device's calendar and fits a thumb. */
function Pick({ onPick }: { onPick: (until: number) => void }) {
  const { t } = useTranslation();
  const [value, setValue] = useState("");
  const until = value === "" ? Number.NaN : new Date(value).getTime();
  const future = until > Date.now();

  function submit(event: FormEvent) {
    event.preventDefault();
    if (future) onPick(until);
  }

  return (
    <form className={classes.pick} onSubmit={submit}>
      <TextInput
        type="datetime-local"
        label={t("snooze.until")}
        value={value}
        error={value !== "" && !future ? t("snooze.past") : null}
        onChange={(event) => setValue(event.currentTarget.value)}
        data-autofocus
      />
      <Button type="submit" disabled={!future}>
        {t("snooze.action")}
      </Button>
    </form>
  );
}
