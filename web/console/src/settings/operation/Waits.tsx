import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { inboxesQuery } from "../../api/queries";
import type { Overview, Waiting } from "../../api/types";
import { currentLocale } from "../../locales";
import { clock, span } from "../../locales/time";
import settings from "../settings.module.css";
import classes from "./operation.module.css";
import { age, rows } from "./waiting";

/** A tile for each inbox: what waits there and for how long. */
export function Waits({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const { data: inboxes } = useQuery(inboxesQuery);
  if (!inboxes) return null;
  const { at, jobs } = overview;
  return (
    <section className={classes.section} aria-label={t("operation.waits")}>
      <div className={classes.tiles}>
        {rows(inboxes.items, overview).map(({ id, name, lag }) => (
          <article key={id} className={classes.tile} data-testid="inbox-tile">
            <h2>{name === null ? t("operation.removed_inbox") : <bdi>{name}</bdi>}</h2>
            <dl>
              <Figure label={t("operation.deliveries")} waiting={lag.deliveries} at={at} />
              <Figure label={t("operation.queued")} waiting={lag.queued} at={at} />
              <Figure label={t("operation.sending")} waiting={lag.sending} at={at} />
              <Figure label={t("operation.uncertain")} waiting={lag.uncertain} at={at} />
            </dl>
          </article>
        ))}
        <article className={classes.tile}>
          <h2>{t("operation.all_inboxes")}</h2>
          <dl>
            <Figure label={t("operation.jobs")} waiting={jobs} at={at} />
            <div>
              <dt>{t("operation.audited")}</dt>
              <dd>
                {overview.audited_until === null ? "–" : clock(overview.audited_until, currentLocale())}
              </dd>
            </div>
          </dl>
        </article>
      </div>
    </section>
  );
}

function Figure({ label, waiting, at }: { label: string; waiting: Waiting; at: number }) {
  const { t } = useTranslation();
  const oldest = age(waiting, at);
  return (
    <div data-waits={waiting.count > 0}>
      <dt>{label}</dt>
      <dd>
        {new Intl.NumberFormat(currentLocale()).format(waiting.count)}
        {oldest !== null && (
          <small className={settings.muted}>
            {t("operation.oldest", { age: span(oldest, currentLocale()) })}
          </small>
        )}
      </dd>
    </div>
  );
}
