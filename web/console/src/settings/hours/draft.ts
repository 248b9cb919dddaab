import type { Hours, Weekday } from "../../api/types";

/** The days of the week in the order in which hours are written. */
export const weekdays = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const satisfies readonly Weekday[];

export interface Span {
  from: string;
  until: string;
}

/** What the form holds: the times of each day. */
export interface Draft {
  zone: string;
  week: Record<Weekday, Span[]>;
  closed: Hours["closed"];
}

const office: Span = { from: "09:00", until: "17:00" };

/** The hours in the form; where none are written, a usual week in the zone of the browser. */
export function draftOf(hours: Hours | null, zone: string): Draft {
  const of = (day: Weekday): Span[] => {
    if (!hours) return day === "saturday" || day === "sunday" ? [] : [office];
    return hours.week.filter((one) => one.day === day).map(({ from, until }) => ({ from, until }));
  };
  return {
    zone: hours?.zone ?? zone,
    week: Object.fromEntries(weekdays.map((day) => [day, of(day)])) as Draft["week"],
    closed: hours?.closed ?? [],
  };
}

export function hoursOf({ zone, week, closed }: Draft): Hours {
  return {
    zone,
    week: weekdays.flatMap((day) => week[day].map((span) => ({ day, ...span }))),
    closed: closed.map(({ date, name }) => ({ date, name: name.trim() })),
  };
}

/** The times of a day with one more behind them. */
export function withMore(spans: Span[]): Span[] {
  const last = spans.at(-1);
  if (!last) return [office];
  const hour = Number(last.until.slice(0, 2));
  const at = (hours: number) => `${String(hours % 24).padStart(2, "0")}:00`;
  return [...spans, { from: at(hour + 1), until: at(Math.min(hour + 5, 24)) }];
}

/** The same week with Monday's times from Tuesday to Friday. */
export function mondayToFriday(week: Draft["week"]): Draft["week"] {
  const [, ...others] = weekdays.slice(0, 5);
  return { ...week, ...Object.fromEntries(others.map((day) => [day, week.monday])) };
}

/** Whether a time goes past midnight; one that ends when it began lasts the whole day. */
export function ends({ from, until }: Span): "same" | "next" | "whole" {
  if (from === "" || until === "" || from < until) return "same";
  return from === until ? "whole" : "next";
}
