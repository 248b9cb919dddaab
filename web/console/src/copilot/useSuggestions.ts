import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { suggestionsQuery } from "../api/queries";
import type { Conversation, Suggestion, SuggestionFate } from "../api/types";
import { sourceKey } from "./suggestion";

export type Verdict = Pick<SuggestionFate, "used" | "helpful">;

/** What may be answered to the customer's last words, and what the agent makes of it. */
export interface Suggested {
  items: Suggestion[];
  /** What the agent said of each, by its source. */
  rated: ReadonlyMap<string, boolean>;
  dismiss: (suggestion: Suggestion) => void;
  rate: (suggestion: Suggestion, helpful: boolean) => void;
  /** Tells the server what became of one. */
  tell: (suggestion: Suggestion, verdict: Verdict) => void;
}

/** Asks for suggestions when a conversation opens and when something new stands in it. */
export function useSuggestions(conversation: Conversation, wanted: boolean): Suggested {
  const { id, last_message } = conversation;
  const { data } = useQuery({ ...suggestionsQuery(id, last_message?.id ?? ""), enabled: wanted });
  const message = data?.message_id ?? null;
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [rated, setRated] = useState<ReadonlyMap<string, boolean>>(new Map());
  const name = (suggestion: Suggestion) => `${message} ${sourceKey(suggestion)}`;

  function tell(suggestion: Suggestion, verdict: Verdict) {
    if (message === null) return;
    const { kind, id: source } = suggestion.source;
    // Whether it is noted or not, the agent goes on writing.
    api.messages.suggestion(message, { kind, source, ...verdict }).catch(() => {});
  }

  return {
    items: wanted ? (data?.items ?? []).filter((one) => !gone.has(name(one))) : [],
    rated: new Map(
      (data?.items ?? []).flatMap((one) => {
        const helpful = rated.get(name(one));
        return helpful === undefined ? [] : [[sourceKey(one), helpful] as const];
      }),
    ),
    dismiss: (suggestion) => {
      setGone((old) => new Set(old).add(name(suggestion)));
      tell(suggestion, { used: "dismissed" });
    },
    rate: (suggestion, helpful) => {
      setRated((old) => new Map(old).set(name(suggestion), helpful));
      tell(suggestion, { helpful });
    },
    tell,
  };
}
