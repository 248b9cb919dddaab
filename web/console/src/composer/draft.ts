const prefix = "bellhop.draft.";

/** What an agent has begun to write in one conversation. */
export interface Draft {
  text: string;
  note: string;
  /** The message that is being answered. */
  replyTo: string | null;
}

export const emptyDraft: Draft = { text: "", note: "", replyTo: null };

function place(agent: string, conversation: string): string {
  return `${prefix}${agent}.${conversation}`;
}

export function readDraft(agent: string, conversation: string): Draft {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(place(agent, conversation)) ?? "null");
    if (typeof value !== "object" || value === null) return emptyDraft;
    const { text, note, replyTo } = value as Record<string, unknown>;
    return {
      text: typeof text === "string" ? text : "",
      note: typeof note === "string" ? note : "",
      replyTo: typeof replyTo === "string" ? replyTo : null,
    };
  } catch {
    return emptyDraft;
  }
}

/** Keeps a draft across reloads; an empty one leaves nothing behind. */
export function keepDraft(agent: string, conversation: string, draft: Draft) {
  const key = place(agent, conversation);
  try {
    if (draft.text === "" && draft.note === "" && draft.replyTo === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // A full or forbidden storage costs the draft on reload, not the writing.
  }
}

/** Removes the drafts of everyone who used this browser: at sign-out nothing written stays here. */
export function forgetDrafts() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(prefix)) localStorage.removeItem(key);
  }
}
