import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { suggestionsQuery } from "../api/queries";
import type { Conversation, Suggestion, SuggestionFate } from "../api/types";
import { sourceKey } from "./suggestion";

type Verdict = Pick<SuggestionFate, "used" | "helpful" | "taken_back">;

/** What may be answered to the customer's last words, and what the agent makes of it. */
export interface Suggested {
  items: Suggestion[];
  /** The message that they answer. */
  message: string | null;
  /** What the agent said of one. */
  rated: (suggestion: Suggestion) => boolean | undefined;
  dismiss: (suggestion: Suggestion) => void;
  rate: (suggestion: Suggestion, helpful: boolean) => void;
}

/** Tells the server what became of a suggestion that answers a message. */
export function tell(message: string | null, suggestion: Suggestion, verdict: Verdict) {
  if (message === null) return;
  const { kind, id: source } = suggestion.source;
  // Whether it is noted or not, the agent goes on writing.
  api.messages.suggestion(message, { kind, source, ...verdict }).catch(() => {});
}

/** Asks for suggestions when a conversation opens and when something new stands in it. */
export function useSuggestions(conversation: Conversation, wanted: boolean): Suggested {
  const { id, last_message } = conversation;
  const { data } = useQuery({ ...suggestionsQuery(id, last_message?.id ?? ""), enabled: wanted });
  const message = data?.message_id ?? null;
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [rated, setRated] = useState<ReadonlyMap<string, boolean>>(new Map());
  const name = (suggestion: Suggestion) => `${message} ${sourceKey(suggestion)}`;
  return {
    items: wanted ? (data?.items ?? []).filter((one) => !gone.has(name(one))) : [],
    message,
    rated: (suggestion) => rated.get(name(suggestion)),
    dismiss: (suggestion) => {
      setGone((old) => new Set(old).add(name(suggestion)));
      tell(message, suggestion, { used: "dismissed" });
    },
    rate: (suggestion, helpful) => {
      // A second click takes it back.
      if (rated.get(name(suggestion)) === helpful) {
        setRated((old) => new Map([...old].filter(([key]) => key !== name(suggestion))));
        tell(message, suggestion, { taken_back: true });
        return;
      }
      setRated((old) => new Map(old).set(name(suggestion), helpful));
      tell(message, suggestion, { helpful });
    },
  };
}
