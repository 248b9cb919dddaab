import type { Inbox, InboxLag, Overview, Waiting } from "../../api/types";

const nothing: Waiting = { count: 0, since: null };

/** What waits in an inbox, with its name; `null` for one that was removed. */
export interface Row {
  id: string;
  name: string | null;
  lag: InboxLag;
}

/** One row for each connected inbox, in their order, and then for removed ones where something still waits. */
export function rows(inboxes: readonly Pick<Inbox, "id" | "name">[], overview: Overview): Row[] {
  const lags = new Map(overview.inboxes.map((lag) => [lag.inbox_id, lag]));
  const connected = inboxes.map(({ id, name }) => ({
    id,
    name,
    lag: lags.get(id) ?? {
      inbox_id: id,
      deliveries: nothing,
      queued: nothing,
      sending: nothing,
      uncertain: nothing,
      parked: nothing,
    },
  }));
  const known = new Set(inboxes.map(({ id }) => id));
  const removed = overview.inboxes.filter((lag) => !known.has(lag.inbox_id));
  return [...connected, ...removed.map((lag) => ({ id: lag.inbox_id, name: null, lag }))];
}

/** How many deliveries are parked in all inboxes. */
export function parkedIn(overview: Overview): number {
  return overview.inboxes.reduce((sum, lag) => sum + lag.parked.count, 0);
}

/** For how long the oldest has waited, by the server's clock; `null` when nothing waits. */
export function age(waiting: Waiting, at: number): number | null {
  return waiting.since === null ? null : Math.max(0, at - waiting.since);
}
