import { expect, test } from "vitest";
import { dayMark, duration, fileSize, listTime, regional, span } from "./time";

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

test("the region of the browser decides how a time is written", () => {
  const five = new Date(2026, 10, 20, 17, 5);
  const written = (locale: string) =>
    new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" }).format(five);
  expect(written(regional("en", ["en-US"]))).toMatch(/^5:05\sPM$/);
  expect(written(regional("en", ["en-GB", "en"]))).toBe("17:05");
  expect(regional("en", ["de-DE", "en-US"]), "the own language before the first").toBe("en-US");
  expect(written(regional("en", ["de", "es-ES"]))).toBe("17:05");
  expect(regional("zh-CN", ["en-US"])).toBe("zh-CN");
  expect(regional("en", ["not a tag", "x"])).toBe("en");
});

test("a wait is told in its largest unit", () => {
  expect(span(400, "en")).toBe("0 sec");
  expect(span(59_999, "en")).toBe("59 sec");
  expect(span(150_000, "en")).toBe("2 min");
  expect(span(7_300_000, "en")).toBe("2 hr");
  expect(span(3 * 86_400_000, "en")).toBe("3 days");
  expect(span(150_000, "zh-CN")).toBe("2分钟");
});

test("lengths and sizes", () => {
  expect(duration(7_400)).toBe("0:07");
  expect(duration(125_000)).toBe("2:05");
  expect(fileSize(10, "en")).toBe("10 bytes");
  expect(fileSize(184_320, "en")).toBe("184 kB");
  expect(fileSize(5_240_000, "en")).toBe("5.2 MB");
});
