import { useTranslation } from "react-i18next";
import type { ArticleSuggestion } from "../../api/types";
import { MessageLink } from "../../shell/MessageLink";
import classes from "../settings.module.css";
import gaps from "./gaps.module.css";

/** What the beginning of an article was made of: what customers asked, and what was answered. */
export function Sources({ begun }: { begun: ArticleSuggestion }) {
  const { t } = useTranslation();
  return (
    <details className={`${classes.card} ${gaps.sources}`} open data-testid="gap-sources">
      <summary>{t("unanswered.sources", { count: begun.sources.length })}</summary>
      <ol>
        {begun.sources.map((source) => (
          <li key={source.message_id}>
            <MessageLink conversation={source.conversation_id} message={source.message_id}>
              <bdi>{source.text}</bdi>
            </MessageLink>
            {source.answer !== null && <p dir="auto">{source.answer}</p>}
          </li>
        ))}
      </ol>
    </details>
  );
}
