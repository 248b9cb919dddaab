// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Label } from "../api/types";
import { connection } from "./connection";
import { Feed } from "./feed";

/** A socket that the test plays the server of. */
class FakeSocket {
  static opened: FakeSocket[] = [];
  static OPEN = 1;
  readyState = 1;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: string[] = [];
  readonly url: string;

  constructor(url: string) {
    this.url = url;
    FakeSocket.opened.push(this);
  }

  send(text: string) {
    this.sent.push(text);
  }

  close() {
    this.readyState = 3;
  }

  say(frame: unknown) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  break() {
    this.readyState = 3;
    this.onclose?.();
  }
}

const label = (seq: number): Label => ({ id: `lb_${seq}`, name: `${seq}`, color: "#000000" });
const event = (seq: number) => ({ type: "event", seq, kind: "label", label: label(seq) });
const newest = () => FakeSocket.opened.at(-1) as FakeSocket;

let client: QueryClient;
let feed: Feed;
const labels = () => client.getQueryData<{ items: Label[] }>(["labels"])?.items.map((l) => l.id);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.opened = [];
  client = new QueryClient();
  client.setQueryData(["labels"], { items: [] });
  feed = new Feed(client, 10, { onArrival: () => {}, onSignedOut: () => {} });
});

afterEach(() => {
  feed.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("begins after the session's sequence and applies what follows", () => {
  expect(newest().url).toContain("/api/stream?since=10");
  newest().say({ type: "hello", seq: 10, heartbeat_ms: 25_000 });
  expect(connection.get().state).toBe("online");
  newest().say(event(11));
  newest().say(event(11));
  expect(labels()).toEqual(["lb_11"]);
});

test("resumes where it stopped after the line broke", () => {
  newest().say({ type: "hello", seq: 10, heartbeat_ms: 25_000 });
  newest().say(event(11));
  newest().break();
  expect(connection.get().state).toBe("waiting");
  vi.advanceTimersByTime(1_000);
  expect(FakeSocket.opened).toHaveLength(2);
  expect(newest().url).toContain("since=11");
});

test("asks again from its place when something is missing, and loses nothing", () => {
  newest().say({ type: "hello", seq: 14, heartbeat_ms: 25_000 });
  newest().say(event(11));
  newest().say(event(13));
  expect(FakeSocket.opened).toHaveLength(2);
  expect(newest().url).toContain("since=11");
  for (const seq of [12, 13, 14]) newest().say(event(seq));
  expect(labels()).toEqual(["lb_11", "lb_12", "lb_13", "lb_14"]);
});

test("reads everything anew after a reset and continues from there", () => {
  const invalidate = vi.spyOn(client, "invalidateQueries");
  newest().say({ type: "reset", seq: 400 });
  expect(invalidate).toHaveBeenCalledOnce();
  newest().say(event(401));
  expect(labels()).toEqual(["lb_401"]);
});

test("notices a line that died silently, as after sleep", () => {
  newest().say({ type: "hello", seq: 10, heartbeat_ms: 25_000 });
  vi.advanceTimersByTime(50_000);
  expect(FakeSocket.opened.length).toBeGreaterThan(1);
});

test("answers a ping", () => {
  newest().say({ type: "ping" });
  expect(newest().sent).toEqual(['{"type":"pong"}']);
});

test("waits as long as a leaving server asks for", () => {
  newest().say({ type: "hello", seq: 10, heartbeat_ms: 25_000 });
  newest().say({ type: "bye", reason: "shutdown", retry_ms: 8_000 });
  vi.advanceTimersByTime(5_900);
  expect(FakeSocket.opened).toHaveLength(1);
  vi.advanceTimersByTime(4_200);
  expect(FakeSocket.opened).toHaveLength(2);
});

test("a frame of a socket that was given up is not heard", () => {
  const first = newest();
  newest().say({ type: "hello", seq: 10, heartbeat_ms: 25_000 });
  feed.reconnect();
  first.say(event(11));
  expect(labels()).toEqual([]);
});
