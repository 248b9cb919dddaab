import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { labelColour, labelColours } from "./colours";

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours (WCAG 2, 1.4.11 asks for 3). */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

test("every label stands out from the grounds of both schemes", () => {
  const css = readFileSync(join(import.meta.dirname, "../../app.css"), "utf8");
  const grounds = [...css.matchAll(/--desk-(?:surface|chosen|hover|ground): (#[0-9a-f]{6})/g)].map(
    (m) => m[1] ?? "",
  );
  expect(grounds).toHaveLength(8);
  for (const name of labelColours) {
    for (const ground of grounds) {
      expect(contrast(labelColour(name), ground), `${name} on ${ground}`).toBeGreaterThanOrEqual(3);
    }
  }
});

test("the names are those that the server takes", () => {
  const rust = readFileSync(join(import.meta.dirname, "../../../../../crates/app/src/label.rs"), "utf8");
  const list = rust.match(/COLORS: \[&str; \d+\] =\s*\[([^\]]+)\]/)?.[1] ?? "";
  expect(labelColours).toEqual([...list.matchAll(/"([a-z]+)"/g)].map((m) => m[1]));
  expect(labelColour("octarine")).toBe(labelColour("gray"));
});
