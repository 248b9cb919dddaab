import type { DriftShare } from "../../api/types";

/** Where the bands of confidence begin that the server counts, in percent, and where the last one ends. */
const bounds = [0, 25, 50, 75, 90, 100];

/** Where a band of confidence ends that begins at so many percent. */
export function upTo(from: number): number {
  return bounds.find((bound) => bound > from) ?? 100;
}

/** The shares that moved by a percent of all messages or more; bands of confidence in their order. */
export function moving(shares: DriftShare[]): DriftShare[] {
  const moved = shares.filter((share) => Math.abs(share.now - share.before) >= 0.01);
  return moved.sort((one, other) => (one.confidence ?? 0) - (other.confidence ?? 0));
}
