import type { KnowledgeSource } from "../../api/types";

const day = 86_400_000;

/** How long ago knowledge was taken from a source, in milliseconds; `null` when it never was. */
export function age(source: Pick<KnowledgeSource, "taken_at">, now: number): number | null {
  return source.taken_at === null ? null : Math.max(0, now - source.taken_at);
}

/**
 * Whether somebody should look at a source again: it was to be read by the clock and twice was not, or it is a quarter of
 * a year old.
 */
export function stale(source: Pick<KnowledgeSource, "taken_at" | "every">, now: number): boolean {
  const old = age(source, now);
  const most = { never: 90 * day, day: 2 * day, week: 14 * day }[source.every];
  return old !== null && old > most;
}
