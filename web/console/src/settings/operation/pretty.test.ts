import { expect, test } from "vitest";
import { pretty } from "./pretty";

test("JSON is indented, anything else stays as it came", () => {
  expect(pretty('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(pretty('{"a": broken')).toBe('{"a": broken');
});

test("marks that turn text around are shown and do nothing", () => {
  expect(pretty("invoice\u202egpj.exe")).toBe("invoice\\u202egpj.exe");
  expect(pretty('{"a":"\u2066x"}')).toContain("\\u2066x");
});
