import { useTranslation } from "react-i18next";
import type { Quote } from "../api/types";
import { kindName } from "../list/preview";
import { plain } from "./markup";
import classes from "./thread.module.css";

/** The message that is being answered; pressing it goes there. */
export function QuoteBlock({ quote, onGo }: { quote: Quote; onGo: (message: string) => void }) {
  const { t } = useTranslation();
  const { id } = quote;
  const inside = (
    <>
      {quote.author_name && <strong dir="auto">{quote.author_name}</strong>}
      <span dir="auto">{plain(quote.preview) || kindName(quote.kind ?? "unsupported", t)}</span>
    </>
  );
  if (id === null) return <span className={classes.quote}>{inside}</span>;
  return (
    <button
      type="button"
      className={classes.quote}
      onClick={() => onGo(id)}
      aria-label={t("quote.go", { text: quote.preview })}
    >
      {inside}
    </button>
  );
}
