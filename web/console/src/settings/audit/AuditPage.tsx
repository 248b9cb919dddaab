import { Button, Group, Select, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { agentsQuery, auditQuery } from "../../api/queries";
import type { AuditEntry, AuditFilter, AuditVerified } from "../../api/types";
import { currentLocale } from "../../locales";
import { moment } from "../../locales/time";
import { endOf, startOf } from "../../search/day";
import { failed } from "../../shell/toast";
import { More } from "../More";
import { Page } from "../Page";
import classes from "../settings.module.css";
import { actName, acts } from "./acts";

/** Who did what, when and from where; searched, taken out, and looked through for gaps. */
export function AuditPage() {
  const { t } = useTranslation();
  const { data: agents } = useQuery(agentsQuery);
  const [actor, setActor] = useState<string | null>(null);
  const [act, setAct] = useState<string | null>(null);
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [verified, setVerified] = useState<AuditVerified | null>(null);
  const [busy, setBusy] = useState(false);
  const filter: AuditFilter = {
    actor: actor ?? undefined,
    act: (act ?? undefined) as AuditFilter["act"],
    from: from === "" ? undefined : startOf(from),
    until: until === "" ? undefined : endOf(until),
  };
  const list = useInfiniteQuery(auditQuery(filter));
  const { data, isFetching } = list;
  const entries = data?.pages.flatMap((page) => page.items) ?? [];
  const name = (id: string | null) => agents?.items.find((agent) => agent.id === id)?.name ?? id ?? "";

  async function verify() {
    setBusy(true);
    try {
      setVerified(await api.audit.verify());
    } catch (error) {
      failed(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Page
      title={t("settings.audit")}
      help={t("audit.help")}
      action={
        <Group gap={8}>
          <Button variant="default" loading={busy} onClick={() => void verify()}>
            {t("audit.verify")}
          </Button>
          <Button variant="default" component="a" href={api.audit.exportAddress(filter)} download>
            {t("audit.export")}
          </Button>
        </Group>
      }
    >
      {verified && (
        <p className={classes.help} role="status" data-testid="audit-verified">
          {verified.trouble
            ? t(`audit.trouble_${verified.trouble.kind}`, { seq: verified.trouble.seq })
            : t("audit.whole", { count: verified.entries, hash: verified.hash.slice(0, 16) })}
        </p>
      )}
      <Group gap={8} mb={12} align="end">
        <Select
          label={t("audit.who")}
          clearable
          searchable
          value={actor}
          onChange={setActor}
          data={(agents?.items ?? []).map((agent) => ({ value: agent.id, label: agent.name }))}
        />
        <Select
          label={t("audit.what")}
          clearable
          searchable
          value={act}
          onChange={setAct}
          data={acts.map((one) => ({ value: one, label: actName(t, one) }))}
        />
        <TextInput
          type="date"
          label={t("field.from")}
          value={from}
          onChange={(e) => setFrom(e.currentTarget.value)}
        />
        <TextInput
          type="date"
          label={t("field.until")}
          value={until}
          onChange={(e) => setUntil(e.currentTarget.value)}
        />
      </Group>
      {entries.length === 0 && !isFetching ? (
        <p className={classes.help}>{t("audit.empty")}</p>
      ) : (
        <ul className={classes.rows} data-testid="audit-entries">
          {entries.map((entry) => (
            <Entry key={entry.seq} entry={entry} name={name} />
          ))}
        </ul>
      )}
      <More list={list} />
    </Page>
  );
}

function Entry({ entry, name }: { entry: AuditEntry; name: (id: string | null) => string }) {
  const { t } = useTranslation();
  const at = moment(entry.at, currentLocale());
  const who = entry.actor ? name(entry.actor) : t(`audit.kind_${entry.actor_kind}`);
  const about = [entry.subject, entry.contact_id].filter(
    (one, place, all) => one && all.indexOf(one) === place,
  );
  return (
    <li style={{ flexWrap: "wrap" }}>
      <div className={classes.grow} style={{ minInlineSize: 220 }}>
        <strong>
          {who}
          {entry.seen_as && ` ${t("audit.as", { name: name(entry.seen_as) })}`}
        </strong>
        <small style={{ overflowWrap: "anywhere" }}>
          {at}
          {entry.address && ` · ${entry.address}`}
          {about.length > 0 && ` · ${about.map((one) => name(one)).join(", ")}`}
          {entry.reason && ` · ${entry.reason}`}
        </small>
      </div>
      <span className={classes.tag}>
        {actName(t, entry.act)}
        {entry.times > 1 && ` × ${entry.times}`}
      </span>
    </li>
  );
}
