const day = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * A language as it is written where the browser's person lives: the region decides between 12 and 24 hours and
 * how a date stands. A language that names its region keeps it.
 */
export function regional(locale: string, preferred: readonly string[]): string {
  const wanted = new Intl.Locale(locale);
  if (wanted.region) return locale;
  const tags = preferred.flatMap((tag) => {
    try {
      return [new Intl.Locale(tag)];
    } catch {
      return [];
    }
  });
  const near =
    tags.find((tag) => tag.language === wanted.language && tag.region) ?? tags.find((tag) => tag.region);
  return near?.region ? `${wanted.language}-${near.region}` : locale;
}

// Node has no such list.
const preferred = globalThis.navigator?.languages ?? [];

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(regional(locale, preferred), options);
    formats.set(key, found);
  }
  return found;
}

/** Midnight of the day a moment falls on, in the browser's zone. */
export function dayStart(at: number): number {
  const date = new Date(at);
  date.setHours(0, 0, 0, 0);
  return date.getTime();
}

/** Hour and minute. */
export function clock(at: number, locale: string): string {
  return format(locale, { hour: "numeric", minute: "2-digit" }).format(at);
}

/** Date and time in full, for tooltips and lists of times. */
export function moment(at: number, locale: string): string {
  return format(locale, { dateStyle: "medium", timeStyle: "medium" }).format(at);
}

export function shortMoment(at: number, locale: string): string {
  return format(locale, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }).format(at);
}

function relativeDay(days: number, locale: string): string {
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
  return words.charAt(0).toLocaleUpperCase(locale) + words.slice(1);
}

/** A day, with its year where that is another one. */
export function date(at: number, now: number, locale: string): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format(
    locale,
    sameYear ? { month: "short", day: "numeric" } : { year: "numeric", month: "short", day: "numeric" },
  ).format(at);
}

/** What a list shows: the time today, then yesterday, the weekday, the date. */
export function listTime(at: number, now: number, locale: string): string {
  const days = Math.round((dayStart(now) - dayStart(at)) / day);
  if (days <= 0) return clock(at, locale);
  if (days === 1) return relativeDay(-1, locale);
  if (days < 7) return format(locale, { weekday: "short" }).format(at);
  return date(at, now, locale);
}

/** The mark between the days of a thread. */
export function dayMark(at: number, now: number, locale: string): string {
  const days = Math.round((dayStart(now) - dayStart(at)) / day);
  if (days === 0 || days === 1) return relativeDay(-days, locale);
  if (days > 1 && days < 7) return format(locale, { weekday: "long" }).format(at);
  return format(locale, { dateStyle: "full" }).format(at);
}

/** A length of time in its largest whole unit. */
export function span(ms: number, locale: string): string {
  const units = [
    ["day", day],
    ["hour", 3_600_000],
    ["minute", 60_000],
    ["second", 1_000],
  ] as const;
  const [unit, size] = units.find(([, size]) => ms >= size) ?? ["second", 1_000];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(
    Math.floor(ms / size),
  );
}

/** Minutes and seconds of a recording. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A size in the largest unit that keeps it readable. */
export function fileSize(bytes: number, locale: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: units[unit] ?? "byte",
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}
