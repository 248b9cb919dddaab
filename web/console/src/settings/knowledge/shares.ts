import type { DriftShare } from "../../api/types";

/** Where the bands of confidence begin that the server counts, in percent, and where the last one ends. */
const bounds = [0, 25, 50, 75, 90, 100];

/** Where a band of confidence ends that begins at so many percent. */
export function upTo(from: number): number {
  return bounds.find((bound) => bound > from) ?? 100;
}

/** The shares that moved by a percent of all messages or more. */
export function moving(shares: DriftShare[]): DriftShare[] {
  return shares.filter((share) => Math.abs(share.now - share.before) >= 0.01);
}
