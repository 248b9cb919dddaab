import type { Article, ArticleSuggestion } from "../../api/types";

/** An article as its form holds it. */
export interface Draft {
  kind: Article["kind"];
  title: string;
  body: string;
  /** One question in each line. */
  questions: string;
  locale: string;
  audience: Article["audience"];
  category_id: string | null;
  owner_id: string | null;
  /** A day, as `2026-11-29`; empty: never. */
  review: string;
}

export function draftOf(article: Article | null, locale: string): Draft {
  return {
    kind: article?.kind ?? "answer",
    title: article?.title ?? "",
    body: article?.body ?? "",
    questions: article?.questions.join("\n") ?? "",
    locale: article?.locale ?? locale,
    audience: article?.audience ?? "public",
    category_id: article?.category_id ?? null,
    owner_id: article?.owner_id ?? null,
    review: reviewDay(article?.review_at ?? null),
  };
}

/** The beginning of an article that answers what customers asked. */
export function draftBegun(begun: ArticleSuggestion, locale: string): Draft {
  return {
    ...draftOf(null, begun.locale === "" ? locale : begun.locale),
    title: begun.title,
    body: begun.body,
    questions: begun.questions.join("\n"),
  };
}

/** The day of a moment, where this browser is. */
export function reviewDay(at: number | null): string {
  if (at === null) return "";
  const day = new Date(at);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The beginning of a day, where this browser is. */
export function reviewTime(day: string): number | null {
  if (day === "") return null;
  const at = new Date(`${day}T00:00:00`).getTime();
  return Number.isNaN(at) ? null : at;
}
