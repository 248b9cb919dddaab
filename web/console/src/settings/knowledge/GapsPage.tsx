import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queryClient, staleArticlesQuery, unansweredQuery } from "../../api/queries";
import type { StaleArticle, UnansweredTopic } from "../../api/types";
import { currentLocale } from "../../locales";
import { languageName } from "../../locales/languageName";
import { shortMoment } from "../../locales/time";
import { Awaited } from "../../shell/Awaited";
import { done, failed } from "../../shell/toast";
import { More } from "../More";
import { Page } from "../Page";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { Example, Examples } from "./Examples";
import gaps from "./gaps.module.css";
import { AwaitedOfAll } from "./NotYours";
import { Pairs } from "./Pairs";

/** What the knowledge does not have, and what of it somebody should look at. */
export function GapsPage() {
  const { t } = useTranslation();
  const unanswered = useInfiniteQuery(unansweredQuery);
  const stale = useInfiniteQuery(staleArticlesQuery);
  const topics = unanswered.data?.pages.flatMap((page) => page.items);
  const articles = stale.data?.pages.flatMap((page) => page.items);
  return (
    <Page title={t("unanswered.title")} help={t("unanswered.help")} back="/settings/knowledge">
      <Section id="unanswered" title={t("unanswered.questions")}>
        <AwaitedOfAll query={unanswered} />
        {topics?.length === 0 && <p className={classes.empty}>{t("unanswered.none")}</p>}
        {topics && topics.length > 0 && (
          <ul className={classes.rows} data-testid="gaps">
            {topics.map((topic) => (
              <li key={topic.id} className={gaps.topic} data-testid="gap">
                <Topic topic={topic} />
              </li>
            ))}
          </ul>
        )}
        <More list={unanswered} />
      </Section>
      <Pairs right={false} />
      <Section id="stale-articles" title={t("unanswered.stale")}>
        <Awaited query={stale} />
        {articles?.length === 0 && <p className={classes.empty}>{t("unanswered.stale_none")}</p>}
        {articles && articles.length > 0 && (
          <ul className={classes.rows} data-testid="stale">
            {articles.map((one) => (
              <li key={one.article.id}>
                <Stale one={one} />
              </li>
            ))}
          </ul>
        )}
        <More list={stale} />
      </Section>
    </Page>
  );
}

function Topic({ topic }: { topic: UnansweredTopic }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [first, ...others] = topic.examples;
  const facts = [
    t("unanswered.asked", { count: topic.count }),
    topic.by_bot > 0 && t("unanswered.by_bot", { count: topic.by_bot }),
    topic.locales.map(languageName).join(", "),
    shortMoment(topic.at, currentLocale()),
  ];

  async function dismiss() {
    try {
      await api.unanswered.dismiss(topic.id);
      await queryClient.invalidateQueries({ queryKey: unansweredQuery.queryKey });
      done(t("unanswered.dismissed"));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <>
      <div className={classes.grow}>
        {first && (
          <strong dir="auto">
            <Example example={first} />
          </strong>
        )}
        <Examples examples={others} />
        <small>{facts.filter(Boolean).join(" · ")}</small>
      </div>
      <div className={classes.buttons}>
        <Button
          size="xs"
          data-testid="gap-write"
          onClick={() =>
            void navigate({
              to: "/settings/knowledge/$articleId",
              params: { articleId: "new" },
              search: { gap: topic.id },
            })
          }
        >
          {t("unanswered.write")}
        </Button>
        <Button size="xs" variant="default" data-testid="gap-dismiss" onClick={() => void dismiss()}>
          {t("copilot.dismiss")}
        </Button>
      </div>
    </>
  );
}

function Stale({ one }: { one: StaleArticle }) {
  const { t } = useTranslation();
  const { article, reasons } = one;
  const rated = one.helpful + one.unhelpful > 0;
  const used = one.unchanged + one.edited + one.dismissed > 0;
  const facts = [
    rated && t("article.helpful", { yes: one.helpful, no: one.unhelpful }),
    used && t("unanswered.used", { unchanged: one.unchanged, edited: one.edited, dismissed: one.dismissed }),
  ];
  return (
    <>
      <div className={classes.grow}>
        <strong dir="auto">
          <Link to="/settings/knowledge/$articleId" params={{ articleId: article.id }}>
            {article.title}
          </Link>
        </strong>
        <small>{facts.filter(Boolean).join(" · ")}</small>
      </div>
      {reasons.map((reason) => (
        <span key={reason} className={classes.tag} data-tone={reason === "unhelpful" ? "bad" : undefined}>
          {t(`stale_reason.${reason}`)}
        </span>
      ))}
    </>
  );
}
