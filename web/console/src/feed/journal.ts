import type { FeedEvent } from "./frame";

const kept = 500;

/**
 * The last events, so that an answer which was under way while they arrived can be brought up to
 * date: without it a slow page would overwrite what the stream has already told.
 */
class Journal {
  private events: FeedEvent[] = [];
  private count = 0;

  push(event: FeedEvent) {
    this.events.push(event);
    this.count += 1;
    if (this.events.length > kept) this.events.shift();
  }

  /** A mark to hand to {@link since}. */
  mark(): number {
    return this.count;
  }

  /** Events since a mark; of a very old mark only the newest {@link kept}. */
  since(mark: number): FeedEvent[] {
    const missing = this.count - mark;
    return missing <= 0 ? [] : this.events.slice(-missing);
  }
}

export const journal = new Journal();

/** Fetches, then applies what the stream has told meanwhile. */
export async function fresh<T>(
  fetch: () => Promise<T>,
  reduce: (data: T, event: FeedEvent) => T,
): Promise<T> {
  const mark = journal.mark();
  let data: T = await fetch();
  for (const event of journal.since(mark)) data = reduce(data, event);
  return data;
}
