import { Button, NumberInput, Select } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { inboxesQuery, queryClient } from "../../api/queries";
import type { DataClass, Purpose, RetentionCount } from "../../api/types";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { failed } from "../../shell/toast";
import operation from "../operation/operation.module.css";
import { Section } from "../Section";
import settings from "../settings.module.css";

const classes = ["files", "messages", "deliveries", "people"] as const;
const purposes = ["marketing", "cross_border", "sensitive", "third_party"] as const;

const rulesQuery = queryOptions({
  queryKey: ["retention"],
  queryFn: api.privacy.retention,
  staleTime: 0,
});
const runsQuery = queryOptions({ queryKey: ["retention-runs"], queryFn: api.privacy.runs, staleTime: 0 });

/** How long data lives, what a run would remove, and what the last ones did. */
export function Retention() {
  const { t } = useTranslation();
  const { data: rules } = useQuery(rulesQuery);
  const { data: runs } = useQuery(runsQuery);
  const { data: inboxes } = useQuery(inboxesQuery);
  const [count, setCount] = useState<RetentionCount | null>(null);
  const named = (id: string | null) =>
    id === null ? t("retention.everywhere") : (inboxes?.items.find((one) => one.id === id)?.name ?? id);

  async function change(work: () => Promise<unknown>) {
    try {
      await work();
      setCount(null);
      await queryClient.invalidateQueries({ queryKey: rulesQuery.queryKey });
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Section
      id="retention"
      title={t("retention.title")}
      help={t("retention.help")}
      action={
        <Button size="xs" variant="default" onClick={() => void api.privacy.preview().then(setCount, failed)}>
          {t("retention.preview")}
        </Button>
      }
    >
      {count && (
        <p role="status" data-testid="retention-preview">
          {t("retention.would", { ...count })}
        </p>
      )}
      <ul className={operation.items}>
        {rules?.items.map((rule) => (
          <li key={rule.id}>
            <div className={settings.grow}>
              <strong>{t(`data_class.${rule.class}`)}</strong>
              <p className={settings.muted}>
                {named(rule.inbox_id)}
                {rule.purpose && ` · ${t(`purpose.${rule.purpose}`)}`}
              </p>
            </div>
            <span>{t("retention.days", { count: rule.days })}</span>
            <Button
              size="xs"
              variant="default"
              onClick={() => void change(() => api.privacy.removeRule(rule.id))}
            >
              {t("action.delete")}
            </Button>
          </li>
        ))}
      </ul>
      <RuleForm
        inboxes={inboxes?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
        onAdd={change}
      />
      {runs && runs.items.length > 0 && (
        <details>
          <summary>{t("retention.runs")}</summary>
          <ul className={operation.items}>
            {runs.items.map((run) => (
              <li key={run.day}>
                <span className={settings.grow}>{shortMoment(run.began_at, currentLocale())}</span>
                <span>{t("retention.did", { ...run.removed })}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}

interface FormProps {
  inboxes: { value: string; label: string }[];
  onAdd: (work: () => Promise<unknown>) => Promise<void>;
}

function RuleForm({ inboxes, onAdd }: FormProps) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<DataClass>("messages");
  const [inbox, setInbox] = useState<string | null>(null);
  const [purpose, setPurpose] = useState<Purpose | null>(null);
  const [days, setDays] = useState<number | string>(730);

  function add(event: FormEvent) {
    event.preventDefault();
    const rule = { class: kind, inbox_id: inbox, purpose, days: Number(days) };
    void onAdd(() => api.privacy.addRule(rule));
  }

  return (
    <form className={settings.form} onSubmit={add}>
      <Select
        label={t("retention.class")}
        allowDeselect={false}
        data={classes.map((value) => ({ value, label: t(`data_class.${value}`) }))}
        value={kind}
        onChange={(value) => value && setKind(value as DataClass)}
      />
      <Select
        label={t("retention.inbox")}
        placeholder={t("retention.everywhere")}
        clearable
        data={inboxes}
        value={inbox}
        onChange={setInbox}
      />
      <Select
        label={t("retention.purpose")}
        placeholder={t("retention.everybody")}
        clearable
        data={purposes.map((value) => ({ value, label: t(`purpose.${value}`) }))}
        value={purpose}
        onChange={(value) => setPurpose(value as Purpose | null)}
      />
      <NumberInput label={t("retention.length")} min={1} max={10958} value={days} onChange={setDays} />
      <div className={settings.buttons}>
        <Button type="submit">{t("retention.add")}</Button>
      </div>
    </form>
  );
}
