import { expect, test } from "vitest";
import type { SendState } from "../api/types";
import { tick } from "./tick";

test.each([
  ["queued", "clock"],
  ["sending", "clock"],
  ["accepted", "one"],
  ["sent", "one"],
  ["delivered", "two"],
  ["read", "read"],
  ["played", "read"],
  ["failed", "failed"],
  ["uncertain", "uncertain"],
])("%s is shown as %s", (state, sign) => {
  expect(tick(state as SendState)).toBe(sign);
});

test("a state nobody knows yet counts as on its way", () => {
  expect(tick("teleported" as SendState)).toBe("clock");
});
