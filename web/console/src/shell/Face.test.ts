import { expect, test } from "vitest";
import { initials } from "./Face";

test.each([
  ["Aisha Rahman", "AR"],
  ["madonna", "M"],
  ["陈伟", "陈"],
  ["+49 151 2345678", "78"],
  ["  ", "?"],
  ["👩‍🚀 Eva", "👩E"],
])("%s → %s", (name, expected) => {
  expect(initials(name)).toBe(expected);
});
