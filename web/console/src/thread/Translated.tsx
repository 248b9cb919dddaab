import { Loader } from "@mantine/core";
import { IconLanguage, IconSparkles } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { assistanceQuery, translationQuery } from "../api/queries";
import type { Message } from "../api/types";
import { currentLocale } from "../locales";
import { explain } from "../shell/toast";
import classes from "./thread.module.css";
import translated from "./translated.module.css";
import { Words } from "./Words";

// Rows leave the page while a thread is scrolled; which of them are shown translated lasts as long as the page.
const shown = new Set<string>();

/** Whether a message is shown translated, and how that changes. */
export function useTranslated(message: string): [boolean, () => void] {
  const [on, setOn] = useState(() => shown.has(message));
  return [
    on,
    () => {
      if (on) shown.delete(message);
      else shown.add(message);
      setOn(!on);
    },
  ];
}

interface ToolProps {
  translated: boolean;
  onTranslate: () => void;
}

/** Shows a message in the reader's language, or as it came; not offered where no language model may be used. */
export function TranslateTool({ translated, onTranslate }: ToolProps) {
  const { t } = useTranslation();
  const { data } = useQuery(assistanceQuery);
  if (!data?.available) return null;
  const label = t(translated ? "model.hide_translation" : "model.translate");
  return (
    <button
      type="button"
      className={classes.tool}
      aria-label={label}
      title={label}
      data-testid="message-translate"
      onClick={onTranslate}
    >
      <IconLanguage size={18} stroke={1.6} />
    </button>
  );
}

/** A message's words in the reader's language, marked as a machine's. */
export function Translated({ message }: { message: Message }) {
  const { t } = useTranslation();
  const locale = currentLocale();
  const { data, error, isFetching, refetch } = useQuery(translationQuery(message, locale));
  const why = error && explain(error);
  return (
    <div
      className={translated.translated}
      aria-live="polite"
      aria-busy={isFetching}
      data-testid="translation"
    >
      {data && (
        <div lang={locale}>
          <Words text={data.text} />
        </div>
      )}
      {isFetching ? (
        <small>
          <Loader size="xs" aria-hidden="true" /> {t("model.translating")}
        </small>
      ) : why ? (
        <small data-tone="bad">
          <span>
            {why.title}
            <span>{why.detail}</span>
          </span>
          <button type="button" onClick={() => void refetch()}>
            {t("shell.try_again")}
          </button>
        </small>
      ) : (
        <small>
          <IconSparkles size={13} aria-hidden="true" /> {t("model.translated")}
        </small>
      )}
    </div>
  );
}
