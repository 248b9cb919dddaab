import type { Intent, IntentAnswer, IntentDraft } from "../../api/types";

/** An intent as a form has it: every way to answer is kept while another one is looked at. */
export interface Draft {
  name: string;
  description: string;
  enabled: boolean;
  does: IntentAnswer["do"];
  texts: { language: string; text: string }[];
  article: string | null;
  team: string | null;
}

/** The languages in which the bot writes. */
export const languages = [
  "en",
  "zh-Hans",
  "zh-Hant",
  "es",
  "pt",
  "ar",
  "hi",
  "hi-Latn",
  "id",
  "ms",
  "fr",
  "de",
  "it",
  "nl",
  "tr",
  "vi",
  "th",
  "ja",
  "ko",
  "ru",
];

export function draftOf(intent: Intent | null, locale: string): Draft {
  const answer = intent?.answer;
  const first = locale.startsWith("zh") ? "zh-Hans" : "en";
  const texts = answer?.do === "say" ? Object.entries(answer.texts) : [[first, ""] as const];
  return {
    name: intent?.name ?? "",
    description: intent?.description ?? "",
    enabled: intent?.enabled ?? true,
    does: answer?.do ?? "say",
    texts: texts.map(([language, text]) => ({ language, text })),
    article: answer?.do === "article" ? answer.article_id : null,
    team: answer?.do === "hand_over" ? answer.team_id : null,
  };
}

function answerOf(draft: Draft): IntentAnswer | null {
  switch (draft.does) {
    case "say": {
      const written = draft.texts.filter(({ text }) => text.trim() !== "");
      const texts = Object.fromEntries(written.map(({ language, text }) => [language, text]));
      return written.length > 0 ? { do: "say", texts } : null;
    }
    case "article":
      return draft.article === null ? null : { do: "article", article_id: draft.article };
    case "hand_over":
      return { do: "hand_over", team_id: draft.team };
  }
}

/** What is saved of a form; `null` while something is missing. */
export function valuesOf(draft: Draft): IntentDraft | null {
  const answer = answerOf(draft);
  if (draft.name.trim() === "" || answer === null) return null;
  return { name: draft.name, description: draft.description, enabled: draft.enabled, answer };
}
