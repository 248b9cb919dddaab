import { expect, test } from "vitest";
import type { FeedEvent } from "./frame";
import { fresh, journal } from "./journal";

const event = (seq: number): FeedEvent => ({ type: "event", seq, kind: "label" });

test("an answer that was under way learns what the stream told meanwhile", async () => {
  journal.push(event(1));
  const data = await fresh(
    async () => {
      journal.push(event(2));
      journal.push(event(3));
      return [0];
    },
    (old, e) => [...old, e.seq],
  );
  expect(data).toEqual([0, 2, 3]);
});
