import { setTimeout as pause } from "node:timers/promises";

/** How long anything is waited for, in milliseconds: much longer than it takes, for machines that are busy. */
export const patience = 30_000;

/**
 * Waits until `probe` gives something other than false, null, undefined, "" or an error, and returns it.
 * Fails with `what` was waited for and with the probe's last error.
 */
export async function until<T>(what: string, probe: () => Promise<T> | T, within = patience): Promise<T> {
  const end = performance.now() + within;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const found = await probe();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    await pause(100);
  }
  throw new Error(
    `waited ${within / 1000} s for ${what}; last: ${last instanceof Error ? last.message : String(last)}`,
  );
}
