import { ActionIcon, Kbd } from "@mantine/core";
import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import {
  IconBulb,
  IconChevronDown,
  IconHelpCircle,
  IconThumbDown,
  IconThumbUp,
  IconX,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Suggestion } from "../api/types";
import { MessageLink } from "../shell/MessageLink";
import classes from "./copilot.module.css";
import { isInternal, sourceKey } from "./suggestion";
import type { Suggested } from "./useSuggestions";

interface Props {
  suggested: Suggested;
  /** The text as it would be written: with the facts of this conversation in it. */
  shown: (suggestion: Suggestion) => string;
  onTake: (suggestion: Suggestion) => void;
}

/** Replies to begin with. Taking one writes it into the field, where it can be changed; nothing is sent by itself. */
export function Suggestions({ suggested, shown, onTake }: Props) {
  const { t } = useTranslation();
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false }) ?? false;
  const [kept, setKept] = useLocalStorage<"open" | "closed" | "">({
    key: "bellhop.suggestions",
    defaultValue: "",
    getInitialValueInEffect: false,
  });
  const id = useId();
  const { items } = suggested;
  if (items.length === 0) return null;
  // On a phone they would cover the thread, so there they wait to be asked for.
  const open = kept === "" ? !phone : kept === "open";
  return (
    <section className={classes.suggestions} aria-label={t("copilot.suggestions")} data-testid="suggestions">
      <button
        type="button"
        className={classes.toggle}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setKept(open ? "closed" : "open")}
      >
        <IconBulb size={15} aria-hidden="true" />
        {t("copilot.suggestions_count", { count: items.length })}
        <IconChevronDown size={14} aria-hidden="true" className={classes.chevron} data-open={open} />
      </button>
      {open && (
        <ol id={id} className={classes.list}>
          {items.map((suggestion, place) => (
            <Item
              key={sourceKey(suggestion)}
              suggestion={suggestion}
              place={place}
              text={shown(suggestion)}
              rated={suggested.rated(suggestion)}
              keys={!phone}
              onTake={() => onTake(suggestion)}
              onRate={(helpful) => suggested.rate(suggestion, helpful)}
              onDismiss={() => suggested.dismiss(suggestion)}
            />
          ))}
        </ol>
      )}
    </section>
  );
}

interface ItemProps {
  suggestion: Suggestion;
  place: number;
  text: string;
  rated: boolean | undefined;
  keys: boolean;
  onTake: () => void;
  onRate: (helpful: boolean) => void;
  onDismiss: () => void;
}

function Item({ suggestion, place, text, rated, keys, onTake, onRate, onDismiss }: ItemProps) {
  const { t } = useTranslation();
  const [why, setWhy] = useState(false);
  const id = useId();
  return (
    <li className={classes.item} data-testid="suggestion" data-kind={suggestion.source.kind}>
      <button type="button" className={classes.take} onClick={onTake} data-testid="suggestion-take">
        <span dir="auto">{text}</span>
        {keys && (
          <span className={classes.keys} dir="ltr" aria-hidden="true">
            <Kbd size="xs">Alt</Kbd> <Kbd size="xs">{place + 1}</Kbd>
          </span>
        )}
      </button>
      <div className={classes.facts}>
        <Source suggestion={suggestion} />
        {isInternal(suggestion) && <span className={classes.internal}>{t("knowledge.internal")}</span>}
        <span title={t("copilot.confidence_help")}>
          {t("copilot.confidence", { percent: suggestion.confidence })}
        </span>
        <span className={classes.acts}>
          <ActionIcon
            size="sm"
            aria-label={t("copilot.why")}
            title={t("copilot.why")}
            aria-expanded={why}
            aria-controls={id}
            onClick={() => setWhy(!why)}
          >
            <IconHelpCircle size={16} stroke={1.6} />
          </ActionIcon>
          <ActionIcon
            size="sm"
            aria-label={t("copilot.helpful")}
            title={t("copilot.helpful")}
            aria-pressed={rated === true}
            data-testid="suggestion-up"
            onClick={() => onRate(true)}
          >
            <IconThumbUp size={16} stroke={1.6} />
          </ActionIcon>
          <ActionIcon
            size="sm"
            aria-label={t("copilot.unhelpful")}
            title={t("copilot.unhelpful")}
            aria-pressed={rated === false}
            data-testid="suggestion-down"
            onClick={() => onRate(false)}
          >
            <IconThumbDown size={16} stroke={1.6} />
          </ActionIcon>
          <ActionIcon
            size="sm"
            aria-label={t("copilot.dismiss")}
            title={t("copilot.dismiss")}
            data-testid="suggestion-dismiss"
            onClick={onDismiss}
          >
            <IconX size={16} stroke={1.6} />
          </ActionIcon>
        </span>
      </div>
      {why && (
        <p id={id} className={classes.why} data-testid="suggestion-why">
          <Why suggestion={suggestion} />
        </p>
      )}
    </li>
  );
}

/** Where a suggestion comes from; what can be opened is a link. */
function Source({ suggestion: { source } }: { suggestion: Suggestion }) {
  const { t } = useTranslation();
  switch (source.kind) {
    case "article":
      return (
        <Link
          className={classes.source}
          to="/settings/knowledge/$articleId"
          params={{ articleId: source.id }}
          title={source.title}
        >
          <bdi lang={source.locale}>{source.title}</bdi>
        </Link>
      );
    case "quick_reply":
      return (
        <span className={classes.source}>
          <bdi>/{source.shortcut}</bdi>
        </span>
      );
    case "conversation":
      return (
        <MessageLink className={classes.source} conversation={source.id} message={source.message_id}>
          {t("copilot.answered_before", { count: source.times })}
        </MessageLink>
      );
  }
}

/** Why something is suggested: the question it answered, and the words in common. */
function Why({ suggestion: { question, words } }: { suggestion: Suggestion }) {
  const { t } = useTranslation();
  return (
    <>
      {question && (
        <span>
          {t("copilot.why_question")} <q dir="auto">{question}</q>
        </span>
      )}
      <span>
        {words.length > 0 ? t("copilot.why_words", { words: words.join(", ") }) : t("copilot.why_meaning")}
      </span>
    </>
  );
}
