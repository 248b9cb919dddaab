import { expect, test } from "vitest";
import { type FeedEvent, type Frame, judge, readFrame } from "./frame";

const event = (seq: number): FeedEvent => ({ type: "event", seq, kind: "label" });

/** Runs frames through the judge as the feed does and tells what happened to each. */
function walk(from: number, frames: Frame[]): { last: number; acts: string[] } {
  let last = from;
  const acts = frames.map((frame) => {
    const verdict = judge(last, frame);
    if ("last" in verdict) last = verdict.last;
    return verdict.act;
  });
  return { last, acts };
}

test("events in order are applied", () => {
  expect(walk(10, [event(11), event(12), event(13)])).toEqual({
    last: 13,
    acts: ["apply", "apply", "apply"],
  });
});

test("repeats after a reconnect are dropped", () => {
  expect(walk(12, [event(11), event(12), event(13)])).toEqual({ last: 13, acts: ["drop", "drop", "apply"] });
});

test("a hole reconnects and is never skipped over", () => {
  expect(walk(10, [event(12), event(13)])).toEqual({ last: 10, acts: ["reconnect", "reconnect"] });
});

test("an event that comes late again is dropped", () => {
  expect(walk(10, [event(11), event(12), event(11)])).toEqual({ last: 12, acts: ["apply", "apply", "drop"] });
});

test("a reset moves the place, forwards and backwards", () => {
  const reset = (seq: number): Frame => ({ type: "reset", seq });
  expect(walk(10, [reset(500), event(501)])).toEqual({ last: 501, acts: ["reset", "apply"] });
  expect(walk(900, [reset(3), event(4)])).toEqual({ last: 4, acts: ["reset", "apply"] });
});

test("what is none of one's business counts and is not applied", () => {
  const skip = (seq: number): Frame => ({ type: "skip", seq });
  expect(walk(10, [skip(11), event(12), skip(12), skip(14)])).toEqual({
    last: 12,
    acts: ["count", "apply", "drop", "reconnect"],
  });
});

test("frames without a sequence pass and leave the place alone", () => {
  expect(walk(10, [{ type: "ping" }, { type: "hello", seq: 99, heartbeat_ms: 1 }])).toEqual({
    last: 10,
    acts: ["pass", "pass"],
  });
});

test("what is no known frame is not read", () => {
  expect(readFrame("not json")).toBeNull();
  expect(readFrame("null")).toBeNull();
  expect(readFrame('{"type":"weather"}')).toBeNull();
  expect(readFrame('{"type":"ping"}')).toEqual({ type: "ping" });
});
