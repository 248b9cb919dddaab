const hour = 3_600_000;

/** Moments offered for a snooze, in the browser's own days. `later` is absent when the day is over. */
export function snoozeTimes(now: number): { name: "later" | "tomorrow" | "next_week"; at: number }[] {
  const at = (days: number, hours: number) => {
    const date = new Date(now);
    date.setDate(date.getDate() + days);
    date.setHours(hours, 0, 0, 0);
    return date.getTime();
  };
  const weekday = new Date(now).getDay();
  const toMonday = (8 - weekday) % 7 || 7;
  const evening = at(0, 18);
  const later = Math.min(now + 3 * hour, evening);
  return [
    ...(later - now >= hour
      ? [{ name: "later" as const, at: Math.ceil(later / (hour / 4)) * (hour / 4) }]
      : []),
    { name: "tomorrow", at: at(1, 9) },
    { name: "next_week", at: at(toMonday, 9) },
  ];
}
