import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { articleQuery } from "../../api/queries";
import { ArticleForm } from "./ArticleForm";

/** One piece of knowledge: its words, who they are for, and what becomes of them. */
export function ArticlePage() {
  const { articleId } = useParams({ from: "/desk/settings/knowledge/$articleId" });
  const { data } = useQuery({ ...articleQuery(articleId), enabled: articleId !== "new" });
  if (articleId === "new") return <ArticleForm key="new" article={null} />;
  // The form is made anew for another version, so that it never shows words that are not the newest.
  return data ? <ArticleForm key={`${data.id}-${data.version}`} article={data} /> : null;
}
