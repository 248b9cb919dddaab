import { expect, test } from "vitest";
import { draftOf, ends, hoursOf, mondayToFriday, withMore } from "./draft";

const hours = {
  zone: "Asia/Shanghai",
  week: [
    { day: "monday" as const, from: "09:00", until: "12:00" },
    { day: "monday" as const, from: "13:00", until: "18:00" },
    { day: "saturday" as const, from: "22:00", until: "02:00" },
  ],
  closed: [{ date: "2026-10-01", name: "国庆节" }],
};

test("hours survive the form", () => {
  expect(hoursOf(draftOf(hours, "UTC"))).toEqual(hours);
});

test("where none are written a usual week is proposed", () => {
  const proposed = hoursOf(draftOf(null, "Europe/Berlin"));
  expect(proposed.zone).toBe("Europe/Berlin");
  expect(proposed.week.map(({ day }) => day)).toEqual([
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
  ]);
});

test("another time of a day begins after the last", () => {
  expect(withMore([])).toEqual([{ from: "09:00", until: "17:00" }]);
  expect(withMore([{ from: "09:00", until: "12:30" }])[1]).toEqual({ from: "13:00", until: "17:00" });
  expect(withMore([{ from: "09:00", until: "22:00" }])[1]).toEqual({ from: "23:00", until: "00:00" });
});

test("Monday is copied to the working week alone", () => {
  const week = mondayToFriday(draftOf(hours, "UTC").week);
  expect(week.friday).toEqual(week.monday);
  expect(week.saturday).toEqual([{ from: "22:00", until: "02:00" }]);
});

test("a time ends on the same day, on the next or lasts the whole day", () => {
  expect(ends({ from: "09:00", until: "17:00" })).toBe("same");
  expect(ends({ from: "22:00", until: "02:00" })).toBe("next");
  expect(ends({ from: "00:00", until: "00:00" })).toBe("whole");
  expect(ends({ from: "", until: "02:00" })).toBe("same");
});
