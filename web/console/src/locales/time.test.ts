import { expect, test } from "vitest";
import { dayMark, duration, fileSize, listTime } from "./time";

const now = new Date(2026, 10, 20, 15, 30).getTime();
const ago = (days: number, hour = 9) => new Date(2026, 10, 20 - days, hour, 5).getTime();

test("the list grows coarser with age", () => {
  expect(listTime(ago(0), now, "en")).toMatch(/^9:05\sAM$/);
  expect(listTime(ago(1, 23), now, "en")).toBe("Yesterday");
  expect(listTime(ago(3), now, "en")).toBe("Tue");
  expect(listTime(ago(15), now, "en")).toBe("Nov 5");
  expect(listTime(ago(400), now, "en")).toBe("Oct 16, 2025");
  expect(listTime(ago(1), now, "zh-CN")).toBe("昨天");
});

test("days are named in the thread", () => {
  expect(dayMark(ago(0), now, "en")).toBe("Today");
  expect(dayMark(ago(3), now, "en")).toBe("Tuesday");
  expect(dayMark(ago(0), now, "zh-CN")).toBe("今天");
});

test("lengths and sizes", () => {
  expect(duration(7_400)).toBe("0:07");
  expect(duration(125_000)).toBe("2:05");
  expect(fileSize(10, "en")).toBe("10 bytes");
  expect(fileSize(184_320, "en")).toBe("184 kB");
  expect(fileSize(5_240_000, "en")).toBe("5.2 MB");
});
