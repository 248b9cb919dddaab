import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { alarmsQuery, driftQuery, intentsQuery, queryClient } from "../../api/queries";
import type { DriftPart, DriftShare } from "../../api/types";
import { currentLocale } from "../../locales";
import { languageName } from "../../locales/languageName";
import { date, shortMoment } from "../../locales/time";
import { Awaited } from "../../shell/Awaited";
import { useMe } from "../../shell/permission";
import { done } from "../../shell/toast";
import { Confirm } from "../Confirm";
import { Section } from "../Section";
import classes from "../settings.module.css";
import ahead from "./ahead.module.css";
import { rounded } from "./plot";
import { moving, upTo } from "./shares";

/** Whether what customers write has moved since what is understood of it was held for right. */
export function Drift() {
  const { t } = useTranslation();
  const drift = useQuery(driftQuery);
  const [asked, setAsked] = useState(false);
  const parts = drift.data?.parts ?? [];
  return (
    <Section
      id="drift"
      title={t("drift.title")}
      help={t("drift.help")}
      action={
        drift.data?.moved_at && (
          <Button size="xs" variant="default" data-testid="drift-accept" onClick={() => setAsked(true)}>
            {t("drift.accept")}
          </Button>
        )
      }
    >
      <Awaited query={drift} />
      {drift.data && parts.length === 0 && <p className={classes.empty}>{t("drift.none")}</p>}
      <ul className={classes.rows} data-testid="drift-parts">
        {parts.map((part) => (
          <li key={part.kind} className={ahead.rise} data-kind={part.kind} data-state={part.state}>
            <Part part={part} />
          </li>
        ))}
      </ul>
      <Confirm
        opened={asked}
        title={t("drift.accept_title")}
        text={t("drift.accept_help")}
        action={t("drift.accept")}
        harmless
        onClose={() => setAsked(false)}
        onConfirm={async () => {
          await api.topics.acceptDrift();
          await queryClient.invalidateQueries({ queryKey: driftQuery.queryKey });
          void queryClient.invalidateQueries({ queryKey: alarmsQuery.queryKey });
          done(t("drift.accepted"));
        }}
      />
    </Section>
  );
}

/** Says where intents are that it has moved; nothing while it has not, or to whoever may not see it. */
export function DriftNote() {
  const { t } = useTranslation();
  const me = useMe();
  const sees = me.scope === "all" && me.permissions.includes("conversation.read");
  const { data } = useQuery({ ...driftQuery, enabled: sees });
  if (!data?.moved_at) return null;
  return (
    <p className={classes.card} role="status" data-testid="drift-note">
      {t("alarm.drift")}
      {" · "}
      <Link to="/settings/knowledge/ahead" hash="drift">
        {t("drift.see")}
      </Link>
    </p>
  );
}

function Part({ part }: { part: DriftPart }) {
  const { t } = useTranslation();
  const moved = part.state === "moved";
  return (
    <>
      <div className={classes.grow}>
        <strong>{t(`drift.${part.kind as "intent" | "confidence" | "language"}`)}</strong>
        <small>
          <Facts part={part} />
        </small>
      </div>
      <span className={classes.tag} data-tone={moved ? "bad" : part.state === "steady" ? "ok" : undefined}>
        {t(`drift.state_${part.state}`)}
      </span>
      {moved && (
        <table className={`${ahead.table} ${ahead.shares}`}>
          <thead>
            <tr>
              <th scope="col">{t("drift.what")}</th>
              <th scope="col">{t("drift.before")}</th>
              <th scope="col">{t("drift.now")}</th>
            </tr>
          </thead>
          <tbody>
            {moving(part.shares).map((share) => (
              <tr key={share.intent_id ?? share.language ?? share.confidence ?? ""} data-testid="drift-share">
                <th scope="row">
                  <bdi>
                    <Name kind={part.kind} share={share} />
                  </bdi>
                </th>
                <td>{percent(share.before)}</td>
                <td>
                  <strong>{percent(share.now)}</strong>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Facts({ part }: { part: DriftPart }) {
  const { t } = useTranslation();
  const locale = currentLocale();
  if (part.ready_at !== null) return t("drift.ready", { time: shortMoment(part.ready_at, locale) });
  const facts = {
    weeks: part.weeks,
    since: date(part.since, Date.now(), locale),
    before: rounded(part.before, locale),
    now: rounded(part.now, locale),
  };
  if (part.state === "few") return t("drift.few", { ...facts, least: rounded(part.least, locale) });
  return t("drift.facts", facts);
}

function Name({ kind, share }: { kind: DriftPart["kind"]; share: DriftShare }) {
  const { t } = useTranslation();
  const { data: intents } = useQuery({ ...intentsQuery, enabled: kind === "intent" });
  if (kind === "language") {
    return share.language === null ? t("drift.no_language") : languageName(share.language);
  }
  if (share.confidence !== null) {
    return t("drift.sure", { from: share.confidence, to: upTo(share.confidence) });
  }
  if (share.intent_id === null) {
    return <Link to="/settings/knowledge/gaps">{t("drift.no_intent")}</Link>;
  }
  const name = intents?.items.find((one) => one.id === share.intent_id)?.name;
  if (name === undefined) return t("drift.intent_gone");
  return (
    <Link to="/settings/intents/$intentId" params={{ intentId: share.intent_id }}>
      {name}
    </Link>
  );
}

function percent(share: number): string {
  return share.toLocaleString(currentLocale(), { style: "percent", maximumFractionDigits: 0 });
}
