import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { IntlMessageFormat } from "intl-messageformat";
import { describe, expect, test } from "vitest";
import { locales, nearest } from ".";
import en from "./en.json";
import chinese from "./zh-CN.json";

const source = join(import.meta.dirname, "..");
const catalogues: Record<string, Record<string, string>> = { en, "zh-CN": chinese };

function sources(): string {
  return readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !/\.(test|d)\.tsx?$/.test(name))
    .map((name) => readFileSync(join(source, name), "utf8"))
    .join("\n");
}

/** Names of the arguments of a message, with the kind of each. */
function parameters(message: string, locale: string): string[] {
  const found = new Set<string>();
  const visit = (nodes: ReturnType<IntlMessageFormat["getAst"]>) => {
    for (const node of nodes) {
      if ("value" in node && node.type !== 0) found.add(String(node.value));
      if ("options" in node) for (const option of Object.values(node.options)) visit(option.value);
    }
  };
  visit(new IntlMessageFormat(message, locale).getAst());
  return [...found].sort();
}

describe("catalogues", () => {
  test("every offered language has one, with the same keys", () => {
    for (const { code } of locales) {
      expect(Object.keys(catalogues[code] ?? {}), code).toEqual(Object.keys(en));
    }
  });

  test("every message parses and takes the same arguments in each language", () => {
    for (const [key, message] of Object.entries(en)) {
      for (const { code } of locales) {
        const other = catalogues[code]?.[key] ?? "";
        expect(other, `${code} ${key}`).not.toBe("");
        expect(parameters(other, code), `${code} ${key}`).toEqual(parameters(message, "en"));
      }
    }
  });

  test("no key is unused and none is missing", () => {
    const text = sources();
    const quoted = new Set([...text.matchAll(/"([a-z_]+\.[a-z0-9_]+)"/g)].map((m) => m[1] ?? ""));
    // `kind.${kind}` uses every key that begins with `kind.`; so does `list.empty_${view}`.
    const families = [...text.matchAll(/`([a-z_]+\.[a-z_]*)\$\{/g)].map((m) => m[1] ?? "");
    const unused = Object.keys(en).filter(
      (key) => !quoted.has(key) && !families.some((family) => key.startsWith(family)),
    );
    expect(unused).toEqual([]);

    const called = [...text.matchAll(/\bt\(\s*"([^"]+)"/g)].map((m) => m[1] ?? "");
    expect(called.length).toBeGreaterThan(50);
    expect(called.filter((key) => !(key in en))).toEqual([]);
    for (const family of families) {
      expect(
        Object.keys(en).some((key) => key.startsWith(family)),
        family,
      ).toBe(true);
    }
  });
});

test("what helps with a page is told of that page alone", () => {
  const text = sources();
  for (const key of Object.keys(en).filter((key) => key.endsWith(".help"))) {
    expect(text.split(`"${key}"`).length - 1, key).toBeLessThanOrEqual(1);
  }
});

test("the nearest language is chosen", () => {
  expect(nearest(["zh-CN"])).toBe("zh-CN");
  expect(nearest(["zh-Hans-SG", "en"])).toBe("zh-CN");
  expect(nearest(["fr-FR", "en-GB"])).toBe("en");
  expect(nearest([])).toBe("en");
});
