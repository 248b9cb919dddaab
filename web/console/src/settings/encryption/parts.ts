/** How something is guarded. */
export type Guard = "end_to_end" | "encrypted" | "partly" | "local" | "plain" | "readable";

/** A stretch of a message's way, or a place where it rests. */
export interface Part {
  name: "customer" | "browser" | "disk" | "index" | "facts" | "operator";
  guard: Guard;
}

/**
 * Every part in the order of a message's way. How the browser's own line is guarded is what the
 * browser knows itself: nobody could tell it better.
 */
export function parts({ protocol, hostname }: { protocol: string; hostname: string }): Part[] {
  const local = hostname === "localhost" || hostname.endsWith(".localhost") || isLoopback(hostname);
  const line = protocol === "https:" ? "encrypted" : local ? "local" : "plain";
  return [
    { name: "customer", guard: "end_to_end" },
    { name: "browser", guard: line },
    { name: "disk", guard: "encrypted" },
    { name: "index", guard: "partly" },
    { name: "facts", guard: "readable" },
    { name: "operator", guard: "readable" },
  ];
}

function isLoopback(host: string): boolean {
  return host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
