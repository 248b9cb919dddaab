import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { alarmsQuery, intentsQuery, outlookQuery, queryClient, surgesQuery } from "../../api/queries";
import type { Surge, TopicOutlook } from "../../api/types";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { Awaited } from "../../shell/Awaited";
import { done, failed } from "../../shell/toast";
import { More } from "../More";
import { Page } from "../Page";
import { Section } from "../Section";
import classes from "../settings.module.css";
import ahead from "./ahead.module.css";
import { Drift } from "./Drift";
import { Examples } from "./Examples";
import gaps from "./gaps.module.css";
import { isNotYours, NotYours } from "./NotYours";
import { Plot } from "./Plot";
import { rounded } from "./plot";

/** What customers ask far more often than usual, and what they will ask most. */
export function AheadPage() {
  const { t } = useTranslation();
  const outlook = useQuery(outlookQuery);
  const surges = useInfiniteQuery(surgesQuery);
  const rises = surges.data?.pages.flatMap((page) => page.items);
  return (
    <Page title={t("topic.title")} help={t("topic.help")} back="/settings/knowledge">
      {isNotYours(outlook) ? (
        <NotYours />
      ) : (
        <>
          <Section id="surges" title={t("topic.surges")} help={t("topic.surges_help")}>
            <Awaited query={surges} />
            {rises?.length === 0 && <p className={classes.empty}>{t("topic.surges_none")}</p>}
            {rises && rises.length > 0 && (
              <ul className={classes.rows} data-testid="surge-list">
                {rises.map((surge) => (
                  <li key={surge.id} className={ahead.rise} data-testid="surge">
                    <Rise surge={surge} />
                  </li>
                ))}
              </ul>
            )}
            <More list={surges} />
          </Section>
          <Drift />
          <Awaited query={outlook} />
          {outlook.data && <Outlook told={outlook.data} />}
        </>
      )}
    </Page>
  );
}

function Rise({ surge }: { surge: Surge }) {
  const { t } = useTranslation();
  const locale = currentLocale();
  const { data: intents } = useQuery({ ...intentsQuery, enabled: surge.kind === "intent" });
  const intent = intents?.items.find((one) => one.id === surge.intent_id)?.name;
  const about = surge.kind === "all" ? t("topic.everything") : (intent ?? surge.word ?? t("topic.word_gone"));
  const facts = [
    t("topic.rise", {
      count: surge.count,
      hours: surge.hours,
      usual: rounded(surge.usual, locale),
    }),
    t("topic.since", { time: shortMoment(surge.began_at, locale) }),
    surge.ended_at !== null && t("topic.until", { time: shortMoment(surge.ended_at, locale) }),
  ];
  const [first] = surge.examples;

  async function dismiss() {
    try {
      await api.topics.dismiss(surge.id);
      await queryClient.invalidateQueries({ queryKey: surgesQuery.queryKey });
      void queryClient.invalidateQueries({ queryKey: alarmsQuery.queryKey });
      done(t("topic.dismissed"));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <>
      <div className={classes.grow}>
        <strong dir="auto">{about}</strong>
        <small>{facts.filter(Boolean).join(" · ")}</small>
        <Examples examples={surge.examples} />
      </div>
      <Plot label={t("topic.plot_of", { what: about })} past={surge.series} />
      {(first || (surge.ended_at === null && !surge.dismissed)) && (
        <div className={classes.buttons}>
          {first && <Prepare message={first.message_id} />}
          {surge.ended_at === null && !surge.dismissed && (
            <Button size="xs" variant="default" data-testid="surge-dismiss" onClick={() => void dismiss()}>
              {t("copilot.dismiss")}
            </Button>
          )}
        </div>
      )}
    </>
  );
}

function Outlook({ told }: { told: TopicOutlook }) {
  const { t } = useTranslation();
  const locale = currentLocale();
  const summary = told.ready
    ? t("topic.week", { past: rounded(told.past_week, locale), next: rounded(told.next_week, locale) })
    : t("topic.learning", { past: rounded(told.past_week, locale) });
  return (
    <>
      <Section id="outlook" title={t("topic.outlook")} help={summary}>
        <Plot label={t("topic.plot")} past={told.past} next={told.next} />
      </Section>
      <Section id="asked-most" title={t("topic.questions")} help={t("topic.questions_help")}>
        {told.questions.length === 0 ? (
          <p className={classes.empty}>{t("topic.questions_none")}</p>
        ) : (
          <ul className={classes.rows} data-testid="asked-list">
            {told.questions.map((question) => (
              <li key={question.id} className={gaps.topic}>
                <div className={classes.grow}>
                  <Examples examples={question.examples} />
                  <small>
                    <Expected past={question.count} next={told.ready ? question.expected : null} />
                  </small>
                </div>
                <div className={classes.buttons}>
                  <Prepare message={question.id} />
                </div>
              </li>
            ))}
          </ul>
        )}
      </Section>
      {told.intents.length > 0 && (
        <Section id="intents-most" title={t("topic.intents")}>
          <ul className={classes.rows}>
            {told.intents.map((intent) => (
              <li key={intent.intent_id}>
                <div className={classes.grow}>
                  <strong dir="auto">
                    <Link to="/settings/intents/$intentId" params={{ intentId: intent.intent_id }}>
                      {intent.name}
                    </Link>
                  </strong>
                  <small>
                    <Expected past={intent.past} next={told.ready ? intent.expected : null} />
                  </small>
                </div>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Expected({ past, next }: { past: number; next: number | null }): ReactNode {
  const { t } = useTranslation();
  const locale = currentLocale();
  if (next === null) return t("unanswered.asked", { count: past });
  return `${t("unanswered.asked", { count: past })} · ${t("topic.next_week", { next: rounded(next, locale) })}`;
}

/** Begins an article with what was asked like a message. */
function Prepare({ message }: { message: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <Button
      size="xs"
      data-testid="prepare"
      onClick={() =>
        void navigate({
          to: "/settings/knowledge/$articleId",
          params: { articleId: "new" },
          search: { asked: message },
        })
      }
    >
      {t("topic.prepare")}
    </Button>
  );
}
