import { useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import { ApiError } from "../api/error";
import { assistanceQuery, queryClient } from "../api/queries";
import type { Rewriting as How } from "../api/types";
import { failed } from "../shell/toast";

export interface Rewriting {
  /** The model has the text and has not answered. */
  busy: boolean;
  /** What stands there is the model's, and what stood there before can be had back. */
  changed: boolean;
  rewrite: (how: How) => Promise<void>;
  /** Waits no longer; the text stays as it is. */
  stop: () => void;
  /** Puts back what stood there before, step by step. */
  undo: () => void;
}

/** Has what is being written put otherwise: `put` writes it into the field. What fails leaves the field alone. */
export function useRewriting(conversation: string, text: string, put: (text: string) => void): Rewriting {
  const [before, setBefore] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const asked = useRef<AbortController | null>(null);
  useEffect(() => () => asked.current?.abort(), []);
  // Sent or cleared: another text has another past.
  if (text === "" && before.length > 0) setBefore([]);

  async function rewrite(how: How) {
    asked.current = new AbortController();
    const { signal } = asked.current;
    setBusy(true);
    try {
      const written = await api.conversations.rewrite(conversation, text, how, signal);
      if (signal.aborted) return;
      setBefore((old) => [...old, text]);
      put(written.text);
    } catch (error) {
      if (signal.aborted) return;
      failed(error);
      if (error instanceof ApiError && error.code === "no_language_model") {
        void queryClient.invalidateQueries({ queryKey: assistanceQuery.queryKey });
      }
    } finally {
      setBusy(false);
    }
  }

  return {
    busy,
    changed: before.length > 0,
    rewrite,
    stop: () => asked.current?.abort(),
    undo: () => {
      const last = before.at(-1);
      if (last === undefined) return;
      setBefore(before.slice(0, -1));
      put(last);
    },
  };
}
