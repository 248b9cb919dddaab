import { Button, Modal, TextInput } from "@mantine/core";
import { IconDownload, IconGavel, IconTrash } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { queryClient } from "../api/queries";
import type { Contact } from "../api/types";
import settings from "../settings/settings.module.css";
import { useMay } from "../shell/permission";
import { done, failed } from "../shell/toast";
import classes from "./contact.module.css";

/** What the law gives a customer: everything of theirs to take along, and its end. */
export function Rights({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const mayExport = useMay("person.export");
  const mayManage = useMay("privacy.manage");
  const [asked, setAsked] = useState<"erase" | "hold" | null>(null);
  if (!mayExport && !mayManage) return null;
  return (
    <section className={classes.section} data-testid="rights">
      <h3>{t("rights.title")}</h3>
      <div className={classes.labels}>
        {mayExport && (
          <Button
            size="xs"
            variant="default"
            component="a"
            href={`/api/contacts/${contact.id}/export`}
            download
            leftSection={<IconDownload size={15} />}
          >
            {t("rights.export")}
          </Button>
        )}
        {mayManage && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconGavel size={15} />}
            onClick={() => setAsked("hold")}
          >
            {t("rights.hold")}
          </Button>
        )}
        {mayManage && (
          <Button
            size="xs"
            variant="subtle"
            color="red"
            leftSection={<IconTrash size={15} />}
            onClick={() => setAsked("erase")}
          >
            {t("rights.erase")}
          </Button>
        )}
      </div>
      {asked && <Ask contact={contact} what={asked} onDone={() => setAsked(null)} />}
    </section>
  );
}

function Ask({ contact, what, onDone }: { contact: Contact; what: "erase" | "hold"; onDone: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);

  async function go(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      if (what === "hold") {
        await api.contacts.hold(contact.id, reason.trim());
        done(t("rights.held"));
      } else {
        const receipt = await api.contacts.erase(contact.id, reason.trim());
        done(t("rights.erased", { count: receipt.erased.messages }));
        await queryClient.invalidateQueries({ queryKey: ["conversations"] });
      }
      onDone();
    } catch (error) {
      failed(error);
      setBusy(false);
    }
  }

  return (
    <Modal
      opened
      onClose={onDone}
      title={what === "hold" ? t("rights.hold") : t("rights.erase")}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <form className={settings.form} onSubmit={go}>
        <p style={{ margin: 0 }}>
          {what === "hold" ? t("rights.hold_help") : t("rights.erase_help", { name: contact.name })}
        </p>
        <TextInput
          label={t("privacy.reason")}
          data-autofocus
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className={settings.buttons}>
          <Button
            type="submit"
            loading={busy}
            disabled={reason.trim() === ""}
            {...(what === "erase" ? { color: "red" } : {})}
          >
            {what === "hold" ? t("rights.hold") : t("rights.erase")}
          </Button>
          <Button variant="default" onClick={onDone}>
            {t("action.cancel")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
