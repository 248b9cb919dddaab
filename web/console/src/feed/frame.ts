import type { ServerFrame } from "../api/types";

type EventFrame = Extract<ServerFrame, { type: "event" }>;

/** A change of the workspace: the current state of what changed, or the id of what was removed. */
export type FeedEvent = Pick<EventFrame, "type" | "seq" | "kind"> & Partial<EventFrame>;

export type Frame = Exclude<ServerFrame, { type: "event" }> | FeedEvent;

const known = new Set(["hello", "event", "skip", "typing", "reset", "ping", "bye"]);

/** Reads one frame; `null` for anything this console does not know, which a newer server may send. */
export function readFrame(text: string): Frame | null {
  try {
    const frame: unknown = JSON.parse(text);
    if (typeof frame !== "object" || frame === null || !("type" in frame)) return null;
    return known.has(String(frame.type)) ? (frame as Frame) : null;
  } catch {
    return null;
  }
}

/** What to do with a frame when everything up to `last` has been applied. */
export type Verdict =
  | { act: "apply"; last: number }
  | { act: "count"; last: number }
  | { act: "drop" }
  | { act: "reconnect" }
  | { act: "reset"; last: number }
  | { act: "pass" };

/**
 * Keeps the sequence whole: repeats are dropped, a hole means that something was lost on the way
 * and the stream must be asked again from `last`, a reset means that everything must be read anew.
 * Of what is none of this colleague's business only the number comes, and counts.
 */
export function judge(last: number, frame: Frame): Verdict {
  if (frame.type === "reset") return { act: "reset", last: frame.seq };
  if (frame.type !== "event" && frame.type !== "skip") return { act: "pass" };
  if (frame.seq <= last) return { act: "drop" };
  if (frame.seq > last + 1) return { act: "reconnect" };
  return { act: frame.type === "skip" ? "count" : "apply", last: frame.seq };
}
