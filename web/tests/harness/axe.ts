import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { fault } from "./browser.ts";

// What was told once about a page need not be told again in its next state.
const told = new WeakMap<Page, Set<string>>();

/** Notes every violation that axe finds on the page as it stands. `state` says what is being looked at. */
export async function accessible(page: Page, state: string) {
  const known = told.get(page) ?? new Set();
  told.set(page, known);
  // A page that is still on its way has nothing to look at yet.
  await page.locator("main").first().waitFor({ state: "attached" });
  // Legacy mode does without a second page for each look; there are no foreign frames.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  for (const { id, help, nodes } of violations) {
    const fresh = nodes.filter(({ html }) => {
      // Ids are made anew for each rendering.
      const key = id + html.replaceAll(/ id="[^"]*"/g, "");
      return !known.has(key) && known.add(key);
    });
    if (fresh.length === 0) continue;
    const places = fresh.slice(0, 3).map(({ target, html, any, all }) => {
      const why = any[0]?.message ?? all[0]?.message ?? "";
      return `    ${target.join(" ")}\n      ${html.slice(0, 160)}\n      ${why}`;
    });
    fault(page, `${state} is not accessible: ${id}: ${help} (${fresh.length}×)\n${places.join("\n")}`);
  }
}
