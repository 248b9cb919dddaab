import { expect, test } from "vitest";
import { byDay, rounded } from "./plot";

const noon = new Date(2026, 5, 10, 12).getTime();
const hour = 3_600_000;

test("hours are added up by the days of this place", () => {
  const past = [
    { at: noon - 13 * hour, count: 1 },
    { at: noon - 2 * hour, count: 2 },
    { at: noon - hour, count: 3 },
  ];
  const next = [
    { at: noon, count: 0.5 },
    { at: noon + 12 * hour, count: 4 },
  ];
  const days = byDay(past, next);
  expect(days.map((day) => new Date(day.at).getDate())).toEqual([9, 10, 11]);
  expect(days.map((day) => [day.counted, day.expected])).toEqual([
    [1, 0],
    [5, 0.5],
    [0, 4],
  ]);
});

test("small numbers keep a digit", () => {
  expect([0, 0.25, 3.14, 1234.5].map((count) => rounded(count, "en"))).toEqual(["0", "0.3", "3.1", "1,235"]);
});
