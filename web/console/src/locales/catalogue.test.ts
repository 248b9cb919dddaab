import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { IntlMessageFormat } from "intl-messageformat";
import { describe, expect, test } from "vitest";
import { locales, nearest } from ".";
import everywhere from "./en.json";
import ofSettings from "./settings/en.json";
import chineseOfSettings from "./settings/zh-CN.json";
import chineseEverywhere from "./zh-CN.json";

const source = join(import.meta.dirname, "..");
const en = { ...everywhere, ...ofSettings };
const catalogues: Record<string, Record<string, string>> = {
  en,
  "zh-CN": { ...chineseEverywhere, ...chineseOfSettings },
};

/** The text of every module, by its path below the sources. */
const modules = new Map(
  readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !/\.(test|d)\.tsx?$/.test(name))
    .map((name) => [name, readFileSync(join(source, name), "utf8")]),
);

function sources(): string {
  return [...modules.values()].join("\n");
}

/** The keys that a text names whole, and those that it puts together: `kind.${kind}` is every one with `kind.`. */
function named(text: string) {
  const quoted = new Set([...text.matchAll(/"([a-z_]+\.[a-z0-9_]+)"/g)].map((m) => m[1] ?? ""));
  const families = [...text.matchAll(/`([a-z_]+\.[a-z_]*)\$\{/g)].map((m) => m[1] ?? "");
  const names = (key: string) => quoted.has(key) || families.some((family) => key.startsWith(family));
  return { families, names };
}

/** The text of all that is drawn outside of the settings, parts of the settings that others use with it. */
function outsideOfSettings(): string {
  const found = new Set([...modules.keys()].filter((name) => !name.startsWith("settings/")));
  for (const name of found) {
    for (const [, path = ""] of (modules.get(name) ?? "").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
      const below = relative(source, join(source, dirname(name), path));
      const module = [".ts", ".tsx", "/index.ts"].map((end) => below + end).find((one) => modules.has(one));
      // The router knows the pages of the settings and draws none.
      const page = name === "router.tsx" && module?.startsWith("settings/");
      if (module !== undefined && !page) found.add(module);
    }
  }
  return [...found].map((name) => modules.get(name)).join("\n");
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
    const { families, names } = named(text);
    const unused = Object.keys(en).filter((key) => !names(key));
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

test("what the settings alone say is loaded with them, and nothing else is", () => {
  const { names } = named(outsideOfSettings());
  expect(Object.keys(ofSettings).filter(names)).toEqual([]);
  expect(Object.keys(everywhere).filter((key) => !names(key))).toEqual([]);
  expect(Object.keys(chineseEverywhere)).toEqual(Object.keys(everywhere));
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
