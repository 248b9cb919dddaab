import type { TopicCount } from "../../api/types";
import { dayStart } from "../../locales/time";

interface Day {
  /** Its midnight, where this browser is. */
  at: number;
  counted: number;
  expected: number;
}

/** Hours added up by the days of this browser's zone, in their order. */
export function byDay(past: TopicCount[], next: TopicCount[]): Day[] {
  const days = new Map<number, Day>();
  const of = (at: number): Day => {
    const start = dayStart(at);
    const known = days.get(start) ?? { at: start, counted: 0, expected: 0 };
    days.set(start, known);
    return known;
  };
  for (const one of past) of(one.at).counted += one.count;
  for (const one of next) of(one.at).expected += one.count;
  return [...days.values()].sort((one, other) => one.at - other.at);
}

/** A number as it is read: small ones with one digit behind the point. */
export function rounded(count: number, locale: string): string {
  return count.toLocaleString(locale, { maximumFractionDigits: count < 10 ? 1 : 0 });
}
