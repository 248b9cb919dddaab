import type { Suggestion } from "../api/types";

/** What stands in a suggestion for something that only the agent knows. */
const blank = "___";

/** The name of where a suggestion comes from, the same as long as that is there. */
export function sourceKey({ source }: Suggestion): string {
  return `${source.kind} ${source.id}`;
}

/** Whether customers are not to read a suggestion as it stands. */
export function isInternal({ source }: Suggestion): boolean {
  return source.kind === "article" && source.internal;
}

/** The first place that is left open in a text. */
export function firstBlank(text: string): { from: number; to: number } | null {
  const from = text.indexOf(blank);
  return from < 0 ? null : { from, to: from + blank.length };
}

/** Whether a text still has every word of a suggestion, in its order. */
export function unchanged(text: string, suggested: string): boolean {
  return text.trim() === suggested.trim();
}

/** The place of the suggestion that a key takes: Alt with 1, 2 or 3, whatever sign the layout has there. */
export function takenBy(event: {
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  code: string;
}): number | null {
  if (!event.altKey || event.ctrlKey || event.metaKey) return null;
  const digit = /^(?:Digit|Numpad)([1-3])$/.exec(event.code)?.[1];
  return digit === undefined ? null : Number(digit) - 1;
}
