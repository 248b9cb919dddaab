import { expect, test } from "vitest";
import { strength } from "./strength";

test.each([
  ["short1!", 0],
  ["aaaaaaaaaaaaaaaaaaaa", 0],
  ["harbour boat", 1],
  ["correct horse battery staple", 3],
])("%s", (password, level) => {
  expect(strength(password)).toBe(level);
});
