import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { articleQuery, beginningQuery } from "../../api/queries";
import { Awaited } from "../../shell/Awaited";
import { Waiting } from "../../shell/Waiting";
import { Page } from "../Page";
import { ArticleForm } from "./ArticleForm";

/** One piece of knowledge: its words, who they are for, and what becomes of them. */
export function ArticlePage() {
  const { t } = useTranslation();
  const { articleId } = useParams({ from: "/desk/settings/knowledge/$articleId" });
  const { gap } = useSearch({ from: "/desk/settings/knowledge/$articleId" });
  const fresh = articleId === "new";
  const article = useQuery({ ...articleQuery(articleId), enabled: !fresh });
  const begun = useQuery({ ...beginningQuery(gap ?? ""), enabled: fresh && gap !== undefined });
  if (fresh) {
    if (gap !== undefined && begun.isPending) return <Waiting />;
    const beginning = gap !== undefined && begun.data ? { gap, ...begun.data } : null;
    return <ArticleForm key={beginning?.gap ?? "new"} article={null} begun={beginning} />;
  }
  const { data } = article;
  // The form is made anew for another version, so that it never shows words that are not the newest.
  if (data) return <ArticleForm key={`${data.id}-${data.version}`} article={data} begun={null} />;
  return (
    <Page title={t("article.kind_article")} back="/settings/knowledge">
      <Awaited query={article} />
    </Page>
  );
}
