import type { NewMessage, Quote } from "../api/types";

const prefix = "bellhop.leaving.";

/** A message in words that was written here and has not reached the server yet. */
export interface Kept {
  clientId: string;
  conversation: string;
  note: boolean;
  body: NewMessage;
  /** Its words, when they were written, and what they answer. */
  text: string;
  at: number;
  replyTo: Quote | null;
}

function place(agent: string, clientId: string): string {
  return `${prefix}${agent}.${clientId}`;
}

/** Keeps a message across a reload until the server has it. */
export function keep(agent: string, kept: Kept) {
  try {
    localStorage.setItem(place(agent, kept.clientId), JSON.stringify(kept));
  } catch {
    // A full or forbidden storage costs the message on reload, not its sending now.
  }
}

/** The server has it, or the agent took it back. */
export function letGo(agent: string, clientId: string) {
  localStorage.removeItem(place(agent, clientId));
}

/** What an agent wrote here and the server does not have, the oldest first. */
export function kept(agent: string): Kept[] {
  const found: Kept[] = [];
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(`${prefix}${agent}.`)) continue;
    try {
      const value = JSON.parse(localStorage.getItem(key) ?? "null") as Partial<Kept> | null;
      if (
        typeof value?.clientId === "string" &&
        typeof value.conversation === "string" &&
        typeof value.text === "string" &&
        typeof value.at === "number" &&
        value.body?.client_id === value.clientId
      ) {
        found.push({
          clientId: value.clientId,
          conversation: value.conversation,
          note: value.note === true,
          body: value.body,
          text: value.text,
          at: value.at,
          replyTo: value.replyTo ?? null,
        });
      }
    } catch {
      // Somebody else wrote into the storage.
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

/** Removes what everyone who used this browser left unsent: at sign-out nothing written stays here. */
export function forgetKept() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(prefix)) localStorage.removeItem(key);
  }
}
