import { Button, Modal, TextInput } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { queryClient } from "../api/queries";
import type { Message } from "../api/types";
import { applyEvent } from "../feed/apply";
import settings from "../settings/settings.module.css";
import { useMay } from "../shell/permission";
import { failed } from "../shell/toast";
import classes from "./thread.module.css";

/** Shows what is masked in a message, to those who may and say why; the server notes it. */
export function Reveal({ message }: { message: Message }) {
  const { t } = useTranslation();
  const may = useMay("sensitive.reveal");
  const [opened, setOpened] = useState(false);
  const [reason, setReason] = useState("");
  if (!may || !message.sensitive.some((span) => span.masked)) return null;

  async function show(event: FormEvent) {
    event.preventDefault();
    try {
      const whole = await api.messages.reveal(message.id, reason.trim());
      applyEvent(queryClient, { type: "event", seq: 0, kind: "message", message: whole });
      setOpened(false);
    } catch (error) {
      failed(error);
    }
  }

  return (
    <>
      <button
        type="button"
        className={classes.tool}
        aria-label={t("sensitive.reveal")}
        title={t("sensitive.reveal")}
        data-testid="message-reveal"
        onClick={() => setOpened(true)}
      >
        <IconEye size={17} stroke={1.6} />
      </button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={t("sensitive.reveal")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <form className={settings.form} onSubmit={show}>
          <p className={settings.help}>{t("sensitive.reveal_help")}</p>
          <TextInput
            label={t("privacy.reason")}
            data-autofocus
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <div className={settings.buttons}>
            <Button type="submit" disabled={reason.trim() === ""}>
              {t("sensitive.reveal")}
            </Button>
            <Button variant="default" onClick={() => setOpened(false)}>
              {t("action.cancel")}
            </Button>
          </div>
        </form>
      </Modal>
    </>
  );
}
