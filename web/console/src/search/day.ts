/** The first moment of a day (`2026-11-22`) where the reader is. */
export function startOf(day: string): number {
  return new Date(`${day}T00:00:00`).getTime();
}

/** The first moment after a day where the reader is; days are not all equally long. */
export function endOf(day: string): number {
  const next = new Date(`${day}T00:00:00`);
  next.setDate(next.getDate() + 1);
  return next.getTime();
}

/** Whether a text is a day. */
export function isDay(text: unknown): text is string {
  return typeof text === "string" && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(startOf(text));
}
