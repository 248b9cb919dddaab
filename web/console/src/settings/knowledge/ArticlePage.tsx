import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { articleQuery, beginningQuery } from "../../api/queries";
import { Waiting } from "../../shell/Waiting";
import { ArticleForm } from "./ArticleForm";

/** One piece of knowledge: its words, who they are for, and what becomes of them. */
export function ArticlePage() {
  const { articleId } = useParams({ from: "/desk/settings/knowledge/$articleId" });
  const { gap } = useSearch({ from: "/desk/settings/knowledge/$articleId" });
  const fresh = articleId === "new";
  const { data } = useQuery({ ...articleQuery(articleId), enabled: !fresh });
  const begun = useQuery({ ...beginningQuery(gap ?? ""), enabled: fresh && gap !== undefined });
  if (fresh) {
    if (gap !== undefined && begun.isPending) return <Waiting />;
    const beginning = gap !== undefined && begun.data ? { gap, ...begun.data } : null;
    return <ArticleForm key={beginning?.gap ?? "new"} article={null} begun={beginning} />;
  }
  // The form is made anew for another version, so that it never shows words that are not the newest.
  return data ? <ArticleForm key={`${data.id}-${data.version}`} article={data} begun={null} /> : null;
}
