import { expect, test } from "vitest";
import { snoozeTimes } from "./snooze";

const names = (at: Date) => snoozeTimes(at.getTime()).map((s) => s.name);
const moment = (at: Date, name: string) =>
  new Date(snoozeTimes(at.getTime()).find((s) => s.name === name)?.at ?? 0);

test("in the morning: later today, tomorrow at nine, Monday at nine", () => {
  const wednesday = new Date(2026, 10, 18, 10, 7);
  expect(names(wednesday)).toEqual(["later", "tomorrow", "next_week"]);
  expect(moment(wednesday, "later")).toEqual(new Date(2026, 10, 18, 13, 15));
  expect(moment(wednesday, "tomorrow")).toEqual(new Date(2026, 10, 19, 9, 0));
  expect(moment(wednesday, "next_week")).toEqual(new Date(2026, 10, 23, 9, 0));
});

test("in the evening there is no later today", () => {
  expect(names(new Date(2026, 10, 18, 17, 30))).toEqual(["tomorrow", "next_week"]);
});

test("on a Monday the next week begins in seven days", () => {
  expect(moment(new Date(2026, 10, 16, 10, 0), "next_week")).toEqual(new Date(2026, 10, 23, 9, 0));
});
