import { Button, Modal, Select, TextInput } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import i18next from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { queryClient } from "../api/queries";
import type { ConsentState, ConsentWay, Contact, Purpose } from "../api/types";
import { currentLocale } from "../locales";
import { shortMoment } from "../locales/time";
import { SaveForm } from "../settings/SaveForm";
import { useMay } from "../shell/permission";
import classes from "./contact.module.css";

const ways = ["message", "telephone", "form", "paper", "in_person", "import"] as const;

const consentsQuery = (id: string) =>
  queryOptions({ queryKey: ["consents", id], queryFn: () => api.contacts.consents(id), staleTime: 0 });

/** What the customer allows, each purpose by itself. */
export function Consents({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const may = useMay("contact.write");
  const { data } = useQuery(consentsQuery(contact.id));
  const [asked, setAsked] = useState<Purpose | null>(null);
  const states = data?.states.filter((state) => state.purpose !== "service") ?? [];
  return (
    <section className={classes.section} data-testid="consents">
      <h3>{t("consent.title")}</h3>
      <dl className={classes.identity}>
        {states.map((state) => (
          <div key={state.purpose} className={classes.fact}>
            <dt>{t(`purpose.${state.purpose}`)}</dt>
            <dd>
              {said(state)}{" "}
              {may && (
                <Button size="compact-xs" variant="subtle" onClick={() => setAsked(state.purpose)}>
                  {state.allowed ? t("consent.withdraw") : t("consent.give")}
                </Button>
              )}
            </dd>
          </div>
        ))}
      </dl>
      {asked && (
        <ConsentForm
          contact={contact}
          purpose={asked}
          given={!states.find((state) => state.purpose === asked)?.allowed}
          onDone={() => setAsked(null)}
        />
      )}
    </section>
  );
}

function said(state: ConsentState): string {
  if (!state.entry) return i18next.t("consent.none");
  const time = shortMoment(state.entry.at, currentLocale());
  if (state.allowed) return i18next.t("consent.given", { time });
  return state.entry.given ? i18next.t("consent.expired") : i18next.t("consent.withdrawn", { time });
}

interface FormProps {
  contact: Contact;
  purpose: Purpose;
  given: boolean;
  onDone: () => void;
}

function ConsentForm({ contact, purpose, given, onDone }: FormProps) {
  const { t } = useTranslation();
  const [version, setVersion] = useState("");
  const [way, setWay] = useState<ConsentWay>("message");
  const [evidence, setEvidence] = useState("");

  async function save() {
    const note = { purpose, given, way, text_version: version.trim(), evidence: evidence.trim() || null };
    queryClient.setQueryData(
      consentsQuery(contact.id).queryKey,
      await api.contacts.consent(contact.id, note),
    );
  }

  return (
    <Modal
      opened
      onClose={onDone}
      title={`${t(`purpose.${purpose}`)}: ${given ? t("consent.give") : t("consent.withdraw")}`}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <SaveForm ready={!given || version.trim() !== ""} onSave={save} onDone={onDone}>
        {() => (
          <>
            {given && (
              <TextInput
                label={t("consent.version")}
                description={t("consent.version_help")}
                data-autofocus
                maxLength={60}
                value={version}
                onChange={(event) => setVersion(event.currentTarget.value)}
              />
            )}
            <Select
              label={t("consent.way")}
              allowDeselect={false}
              data={ways.map((value) => ({ value, label: t(`consent_way.${value}`) }))}
              value={way}
              onChange={(value) => value && setWay(value as ConsentWay)}
            />
            <TextInput
              label={t("consent.evidence")}
              maxLength={2000}
              value={evidence}
              onChange={(event) => setEvidence(event.currentTarget.value)}
            />
          </>
        )}
      </SaveForm>
    </Modal>
  );
}
