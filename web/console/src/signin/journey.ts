import type { Callback } from "../api/types";

/** Why somebody goes to a provider of identity. */
export interface Journey {
  why: "sign_in" | "link" | "proof";
  /** The page to come back to. */
  back: string;
}

const KEY = "bellhop.provider";

/** Reads what a provider wrote into the address; whatever else it wrote stays out. */
export function readCallback(search: string): Callback {
  const written = new URLSearchParams(search);
  const callback: Callback = {};
  for (const name of ["code", "state", "iss", "error"] as const) {
    const value = written.get(name);
    if (value !== null) callback[name] = value;
  }
  return callback;
}

/** What the address said when the page was opened. It says it no more: a code belongs into no history. */
export const arrived = arrive();

function arrive(): Callback {
  if (typeof window === "undefined" || window.location.pathname !== "/sign-in/provider") return {};
  const callback = readCallback(window.location.search);
  window.history.replaceState(window.history.state, "", window.location.pathname);
  return callback;
}

/** Whether an address is that of a page of ours: browsers read `//` and `/\\` as the beginning of another host. */
export function isOwnPath(address: unknown): address is string {
  return typeof address === "string" && /^\/(?![/\\])/.test(address);
}

/** Leaves for a provider. */
export function depart(journey: Journey, url: string) {
  sessionStorage.setItem(KEY, JSON.stringify(journey));
  window.location.assign(url);
}

/** Why this tab went to a provider. */
export function journey(): Journey {
  const fallback: Journey = { why: "sign_in", back: "/inbox/mine" };
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Partial<Journey> | null;
    const why = kept?.why === "link" || kept?.why === "proof" ? kept.why : "sign_in";
    return { why, back: isOwnPath(kept?.back) ? kept.back : fallback.back };
  } catch {
    return fallback;
  }
}
