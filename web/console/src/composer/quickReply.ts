import type { QuickReply } from "../api/types";

/** The slash word under the cursor, if one is being typed. */
export interface SlashWord {
  from: number;
  to: number;
  word: string;
}

/** Finds a slash at the beginning of the text or of a word, up to the cursor. */
export function slashWord(text: string, cursor: number): SlashWord | null {
  const before = text.slice(0, cursor);
  const match = /(?:^|\s)\/([^\s/]*)$/u.exec(before);
  if (!match) return null;
  const word = match[1] ?? "";
  return { from: cursor - word.length - 1, to: cursor, word };
}

/** Replies whose shortcut begins with the word first, then those that hold it anywhere. */
export function matching(replies: readonly QuickReply[], word: string): QuickReply[] {
  const wanted = word.toLocaleLowerCase();
  const begins = replies.filter((r) => r.shortcut.toLocaleLowerCase().startsWith(wanted));
  const holds = replies.filter(
    (r) => !begins.includes(r) && `${r.shortcut} ${r.body}`.toLocaleLowerCase().includes(wanted),
  );
  return [...begins, ...(wanted === "" ? [] : holds)].slice(0, 8);
}

/** Puts the facts of the conversation into a reply; a variable nobody knows stays visible. */
export function fill(body: string, facts: Record<string, string>): string {
  return body.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (all, name: string) => facts[name] ?? all);
}
