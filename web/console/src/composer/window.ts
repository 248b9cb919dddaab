import type { Conversation } from "../api/types";

/** Whether a free answer can still arrive, and for how long (milliseconds). */
export type ReplyWindow =
  | { state: "free" }
  | { state: "open" | "closing"; left: number }
  | { state: "closed" };

/** From here on the countdown warns. */
export const closingAt = 2 * 3_600_000;

/**
 * The window as it stands now. The server's word may be old: what it called open closes here by
 * the clock, without waiting to be told.
 */
export function replyWindow(window: Conversation["window"], now: number): ReplyWindow {
  if (window.state === "none") return { state: "free" };
  if (window.state === "closed") return { state: "closed" };
  if (window.expires_at === null) return { state: "free" };
  const left = window.expires_at - now;
  if (left <= 0) return { state: "closed" };
  return { state: left <= closingAt ? "closing" : "open", left };
}

/** A span in its two largest units: hours and minutes, or minutes alone. */
export function span(ms: number, locale: string): string {
  const minutes = Math.max(1, Math.floor(ms / 60_000));
  const unit = (value: number, name: "hour" | "minute") =>
    new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return unit(minutes, "minute");
  return minutes % 60 === 0 ? unit(hours, "hour") : `${unit(hours, "hour")} ${unit(minutes % 60, "minute")}`;
}
