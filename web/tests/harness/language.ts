import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "playwright-core";
import { fault } from "./browser.ts";

type Catalogue = Record<string, string>;

function catalogue(locale: string): Catalogue {
  const path = resolve(import.meta.dirname, `../../console/src/locales/${locale}.json`);
  return JSON.parse(readFileSync(path, "utf8")) as Catalogue;
}

/** English words of the interface that the Chinese one says otherwise. */
const english = (() => {
  const [here, there] = [catalogue("en"), catalogue("zh-CN")];
  return new Set(
    Object.entries(here)
      .filter(([key, text]) => there[key] !== text)
      .map(([, text]) => text),
  );
})();

/** Notes where the page shows, or tells a screen reader, an English text of the interface. `own`: what people wrote. */
export async function chineseOnly(page: Page, state: string, own: string[] = []) {
  const texts = await page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement?.checkVisibility({ visibilityProperty: true }))
        found.push(node.textContent ?? "");
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      for (const element of document.querySelectorAll(`[${name}]`))
        found.push(element.getAttribute(name) ?? "");
    }
    return found.map((text) => text.trim());
  });
  const left = [...new Set(texts)].filter((text) => english.has(text) && !own.includes(text));
  if (left.length > 0) fault(page, `${state} (${page.url()}) is still English in: ${left.join(" | ")}`);
}
