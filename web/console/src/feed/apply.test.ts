import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { applyEvent } from "./apply";

afterEach(() => {
  vi.useRealTimers();
});

test("a burst of events asks for a list once", async () => {
  vi.useFakeTimers();
  const client = new QueryClient();
  const asked = vi.spyOn(client, "invalidateQueries");
  const lists = () => asked.mock.calls.filter(([what]) => what?.queryKey?.[0] === "articles").length;
  for (let n = 0; n < 50; n += 1)
    applyEvent(client, { type: "event", seq: n, kind: "article", id: `ar_${n}` });
  expect(lists()).toBe(0);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(lists()).toBe(1);
  // What changes later is asked for again, and each article by itself.
  applyEvent(client, { type: "event", seq: 50, kind: "article", id: "ar_0" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(lists()).toBe(2);
  expect(asked.mock.calls.filter(([what]) => what?.queryKey?.[0] === "article")).toHaveLength(51);
});
