import { Button, Checkbox, Modal, Textarea, TextInput } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queryClient } from "../../api/queries";
import type { Breach, BreachDraft } from "../../api/types";
import { useNow } from "../../list/useNow";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { failed } from "../../shell/toast";
import operation from "../operation/operation.module.css";
import { SaveForm } from "../SaveForm";
import { Section } from "../Section";
import settings from "../settings.module.css";

const breachesQuery = queryOptions({ queryKey: ["breaches"], queryFn: api.privacy.breaches, staleTime: 0 });
const changed = () => queryClient.invalidateQueries({ queryKey: breachesQuery.queryKey });

/** What is noted of a breach, without what the server adds. */
function noted(breach: Breach): BreachDraft {
  const { id: _id, created_by: _by, changed_at: _at, duties: _duties, ...draft } = breach;
  return draft;
}

/** Breaches with their clocks. */
export function Breaches() {
  const { t } = useTranslation();
  const { data } = useQuery(breachesQuery);
  const now = useNow(60_000);
  const [writing, setWriting] = useState(false);

  async function mark(breach: Breach, change: Partial<BreachDraft>) {
    try {
      await api.privacy.changeBreach(breach.id, { ...noted(breach), ...change });
      await changed();
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Section
      id="breaches"
      title={t("breach.title")}
      help={t("breach.help")}
      action={
        <Button size="xs" variant="default" onClick={() => setWriting(true)}>
          {t("breach.new")}
        </Button>
      }
    >
      <ul className={operation.items}>
        {data?.items.map((breach) => (
          <li key={breach.id} data-testid="breach">
            <div className={settings.grow}>
              <strong dir="auto">{breach.title}</strong>
              {breach.duties.map((duty) => (
                <p key={duty.kind} className={settings.muted}>
                  {t(`duty.${duty.kind}`)}:{" "}
                  {duty.done_at !== null
                    ? t("breach.done", { time: shortMoment(duty.done_at, currentLocale()) })
                    : duty.due_at === null
                      ? t("breach.soon")
                      : duty.due_at < now
                        ? t("breach.late", { time: shortMoment(duty.due_at, currentLocale()) })
                        : t("breach.due", { time: shortMoment(duty.due_at, currentLocale()) })}
                </p>
              ))}
            </div>
            <div className={settings.actions}>
              <Button
                size="xs"
                variant="default"
                component="a"
                href={`/api/breaches/${breach.id}/concerned`}
                download
              >
                {t("breach.concerned")}
              </Button>
              {breach.authority_told_at === null && (
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => void mark(breach, { authority_told_at: Date.now() })}
                >
                  {t("breach.authority_told")}
                </Button>
              )}
              {breach.high_risk && breach.people_told_at === null && (
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => void mark(breach, { people_told_at: Date.now() })}
                >
                  {t("breach.people_told")}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
      {writing && <BreachForm onDone={() => setWriting(false)} />}
    </Section>
  );
}

function BreachForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [title, setTitle] = useState("");
  const [account, setAccount] = useState("");
  const [marks, setMarks] = useState({ high_risk: false, china: false, critical: false });

  async function save() {
    await api.privacy.addBreach({ title, account, noticed_at: Date.now(), ...marks });
    await changed();
  }

  return (
    <Modal
      opened
      onClose={onDone}
      title={t("breach.new")}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <SaveForm ready={title.trim() !== ""} onSave={save} onDone={onDone}>
        {() => (
          <>
            <TextInput
              label={t("breach.what")}
              data-autofocus
              maxLength={200}
              value={title}
              onChange={(event) => setTitle(event.currentTarget.value)}
            />
            <Textarea
              label={t("breach.account")}
              autosize
              minRows={4}
              value={account}
              onChange={(event) => setAccount(event.currentTarget.value)}
            />
            {(["high_risk", "china", "critical"] as const).map((mark) => (
              <Checkbox
                key={mark}
                label={t(`breach_mark.${mark}`)}
                checked={marks[mark]}
                onChange={(event) => setMarks({ ...marks, [mark]: event.currentTarget.checked })}
              />
            ))}
          </>
        )}
      </SaveForm>
    </Modal>
  );
}
