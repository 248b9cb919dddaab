import { expect, test } from "vitest";
import { endOf, isDay, startOf } from "./day";

test("a day ends where the next begins", () => {
  expect(endOf("2026-11-22")).toBe(startOf("2026-11-23"));
  expect(endOf("2026-12-31")).toBe(startOf("2027-01-01"));
});

test("only days are days", () => {
  expect(isDay("2026-11-22")).toBe(true);
  for (const text of ["", "2026", "2026-13-01", "2026-11-22T10:00", undefined, 5])
    expect(isDay(text)).toBe(false);
});
