import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { articlesQuery, categoriesQuery } from "../../api/queries";
import type { Article } from "../../api/types";
import { Awaited } from "../../shell/Awaited";
import { useMay } from "../../shell/permission";
import { More } from "../More";
import { Page } from "../Page";
import classes from "../settings.module.css";
import { FoundList } from "./FoundList";

const states = ["all", "published", "draft", "archived"] as const;

/** What the business knows: all of it, and what a question would find. */
export function KnowledgePage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const may = useMay("knowledge.manage");
  const [state, setState] = useState<(typeof states)[number]>("all");
  const [asked, setAsked] = useState("");
  const [question] = useDebouncedValue(asked.trim(), 250);
  const articles = useInfiniteQuery(articlesQuery(state === "all" ? {} : { state }));
  const { data: categories } = useQuery(categoriesQuery);
  const items = articles.data?.pages.flatMap((page) => page.items);
  const named = new Map(categories?.items.map(({ id, name }) => [id, name]));
  const write = () => navigate({ to: "/settings/knowledge/$articleId", params: { articleId: "new" } });

  return (
    <Page
      title={t("settings.knowledge")}
      help={t("knowledge.help")}
      action={
        may && (
          <>
            <Button variant="default" component={Link} to="/settings/knowledge/ahead" data-testid="ahead">
              {t("topic.short")}
            </Button>
            <Button
              variant="default"
              component={Link}
              to="/settings/knowledge/synonyms"
              data-testid="open-synonyms"
            >
              {t("synonyms.short")}
            </Button>
            <Button
              variant="default"
              component={Link}
              to="/settings/knowledge/gaps"
              data-testid="knowledge-gaps"
            >
              {t("unanswered.short")}
            </Button>
            <Button variant="default" component={Link} to="/settings/knowledge/import" data-testid="import">
              {t("import.title")}
            </Button>
            <Button onClick={() => void write()}>{t("article.new")}</Button>
          </>
        )
      }
    >
      <TextInput
        label={t("knowledge.ask")}
        description={t("knowledge.ask_help")}
        leftSection={<IconSearch size={16} />}
        value={asked}
        maxLength={300}
        data-testid="knowledge-ask"
        onChange={(event) => setAsked(event.currentTarget.value)}
      />
      {question !== "" && <FoundList question={question} />}
      <SegmentedControl
        value={state}
        onChange={(value) => setState(states.find((one) => one === value) ?? "all")}
        data={states.map((value) => ({
          value,
          label: value === "all" ? t("knowledge.all") : t(`article.state_${value}`),
        }))}
      />
      <Awaited query={articles} />
      {items?.length === 0 ? (
        <p className={classes.empty}>{t("knowledge.empty")}</p>
      ) : (
        <ul className={classes.rows} data-testid="articles">
          {(items ?? []).map((article) => (
            <li key={article.id}>
              <Row article={article} category={named.get(article.category_id ?? "")} />
            </li>
          ))}
        </ul>
      )}
      <More list={articles} />
    </Page>
  );
}

function Row({ article, category }: { article: Article; category: string | undefined }) {
  const { t } = useTranslation();
  const waits = article.state === "published" && article.version !== article.published_version;
  return (
    <>
      <div className={classes.grow}>
        <strong dir="auto">
          <Link to="/settings/knowledge/$articleId" params={{ articleId: article.id }}>
            {article.title}
          </Link>
        </strong>
        <small dir="auto">
          {[t(`article.kind_${article.kind}`), article.locale, category].filter(Boolean).join(" · ")}
          {waits && ` · ${t("article.draft_waits")}`}
        </small>
      </div>
      {article.audience === "internal" && <span className={classes.tag}>{t("knowledge.internal")}</span>}
      <span className={classes.tag} data-tone={article.state === "published" ? "ok" : undefined}>
        {t(`article.state_${article.state}`)}
      </span>
    </>
  );
}
