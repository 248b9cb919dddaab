import type { SendState } from "../api/types";

/** The sign beside an outgoing message. */
export type Tick = "clock" | "one" | "two" | "read" | "failed" | "uncertain";

const ticks: Record<SendState, Tick> = {
  queued: "clock",
  sending: "clock",
  accepted: "one",
  sent: "one",
  delivered: "two",
  read: "read",
  played: "read",
  failed: "failed",
  uncertain: "uncertain",
};

/** A state of a newer server counts as on its way. */
export function tick(state: SendState): Tick {
  return ticks[state] ?? "clock";
}
