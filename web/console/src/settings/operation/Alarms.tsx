import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { inboxesQuery } from "../../api/queries";
import type { Alarm, Alarms as List, Overview } from "../../api/types";
import { currentLocale } from "../../locales";
import { clock, shortMoment } from "../../locales/time";
import { useMay } from "../../shell/permission";
import settings from "../settings.module.css";
import classes from "./operation.module.css";

/** What is wrong, since when and what to do; or that all is well. */
export function Alarms({ alarms, overview }: { alarms: List; overview: Overview }) {
  const { t } = useTranslation();
  const may = useMay("knowledge.manage");
  return (
    <section className={classes.section} aria-label={t("operation.alarms")} aria-live="polite">
      {alarms.standing.length === 0 ? (
        <div className={classes.well} data-testid="all-well">
          <IconCircleCheck size={26} stroke={1.6} aria-hidden="true" />
          <div>
            <h2>{t("operation.well")}</h2>
            <p>
              {overview.audited_until === null
                ? t("operation.well_new")
                : t("operation.well_until", { time: clock(overview.audited_until, currentLocale()) })}
            </p>
          </div>
        </div>
      ) : (
        <ul className={classes.alarms}>
          {alarms.standing.map((alarm) => (
            <li key={alarm.id} data-testid="alarm" data-kind={alarm.kind}>
              <IconAlertTriangle size={22} stroke={1.7} aria-hidden="true" />
              <div>
                <h2>
                  {t(`alarm.${alarm.kind}`)}
                  <InboxName alarm={alarm} />
                </h2>
                <p>{t(`alarm_do.${alarm.kind}`)}</p>
                <p className={settings.muted}>
                  {t("operation.since", { time: shortMoment(alarm.raised_at, currentLocale()) })}
                  {alarm.kind === "refused" && alarm.inbox_id && (
                    <>
                      {" · "}
                      <Link to="/settings/inboxes/$inboxId" params={{ inboxId: alarm.inbox_id }}>
                        {t("operation.open_inbox")}
                      </Link>
                    </>
                  )}
                  {(alarm.kind === "surge" || alarm.kind === "drift") && may && (
                    <>
                      {" · "}
                      <Link to="/settings/knowledge/ahead">{t("topic.title")}</Link>
                    </>
                  )}
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
      {alarms.past.length > 0 && (
        <details className={classes.past}>
          <summary>{t("operation.past", { count: alarms.past.length })}</summary>
          <ul>
            {alarms.past.map((alarm) => (
              <li key={alarm.id}>
                <span>
                  {t(`alarm.${alarm.kind}`)}
                  <InboxName alarm={alarm} />
                </span>
                <span className={settings.muted}>
                  <bdi>{shortMoment(alarm.raised_at, currentLocale())}</bdi> –{" "}
                  <bdi>{shortMoment(alarm.cleared_at ?? alarm.raised_at, currentLocale())}</bdi>
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function InboxName({ alarm }: { alarm: Alarm }) {
  const { data } = useQuery(inboxesQuery);
  const name = data?.items.find((inbox) => inbox.id === alarm.inbox_id)?.name;
  return name ? (
    <>
      {" · "}
      <bdi>{name}</bdi>
    </>
  ) : null;
}
