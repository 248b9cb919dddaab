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
  const from = useSearch({ from: "/desk/settings/knowledge/$articleId" });
  const fresh = articleId === "new";
  const article = useQuery({ ...articleQuery(articleId), enabled: !fresh });
  const begins = from.gap ?? from.asked;
  const begun = useQuery({ ...beginningQuery(from), enabled: fresh && begins !== undefined });
  if (fresh) {
    if (begins !== undefined && begun.isPending) return <Waiting />;
    const beginning = begins !== undefined && begun.data ? { gap: from.gap, ...begun.data } : null;
    return <ArticleForm key={beginning ? begins : "new"} article={null} begun={beginning} />;
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
