import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { test } from "vitest";
import { launch, open, type Tab } from "./browser.ts";
import { type Demo, demo, type Fresh, fresh, type House } from "./house.ts";

const artifacts = resolve(import.meta.dirname, "../artifacts");

// Shorter than the test runner's, so that what helps to understand is still kept.
const limit = 120_000;

/** What a journey walks on; everything on it ends with the journey. */
export class Stage {
  #browser: Browser | null = null;
  #tabs: Tab[] = [];
  #houses: House[] = [];
  #tolerated: RegExp[] = [];

  async demo(variables: Readonly<Record<string, string>> = {}): Promise<Demo> {
    return this.#keep(await demo(variables));
  }

  async fresh(): Promise<Fresh> {
    return this.#keep(await fresh());
  }

  #keep<T extends House>(house: T): T {
    this.#houses.push(house);
    return house;
  }

  /** A page in a browser profile of its own. */
  async page(name: string, options: BrowserContextOptions = {}): Promise<Page> {
    this.#browser ??= await launch();
    const tab = await open(this.#browser, name, options);
    this.#tabs.push(tab);
    return tab.page;
  }

  /** Errors like this in a page's console or in the server's log belong to the journey. */
  tolerate(pattern: RegExp) {
    this.#tolerated.push(pattern);
  }

  /** What must hold at the end of every journey: no page and no server complained, no request broke the contract. */
  async quiet() {
    const bad = this.#faults();
    for (const { server, provider } of this.#houses) {
      const lines = server.log.split("\n");
      bad.push(...lines.filter((line) => /\bERROR\b|panicked/.test(line)).map((line) => `server: ${line}`));
      const { violations } = await provider.state();
      bad.push(...violations.map(({ request, detail }) => `contract: ${request}: ${detail}`));
    }
    const left = this.#serious(bad);
    if (left.length > 0) throw new Error(left.join("\n"));
  }

  #faults(): string[] {
    return this.#tabs.flatMap(({ name, faults }) => faults.map((fault) => `page ${name}: ${fault}`));
  }

  #serious(faults: string[]): string[] {
    return faults.filter((line) => !this.#tolerated.some((pattern) => pattern.test(line)));
  }

  /** Keeps pictures, logs and the pages' faults in a folder of the journey's name, which is returned. */
  async keep(title: string): Promise<string> {
    const folder = join(
      artifacts,
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .slice(0, 60),
    );
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "faults.log"), this.#serious(this.#faults()).join("\n"));
    for (const { page, name, log } of this.#tabs) {
      await writeFile(join(folder, `${name}.log`), log.join("\n"));
      if (!page.isClosed()) {
        await page.screenshot({ path: join(folder, `${name}.png`), timeout: 5_000 }).catch(() => {});
      }
    }
    for (const [index, { server }] of this.#houses.entries()) {
      await writeFile(join(folder, `server-${index + 1}.log`), server.log);
    }
    return relative(process.cwd(), folder);
  }

  async close() {
    await this.#browser?.close();
    for (const house of this.#houses) await house.close();
  }
}

/** Declares a journey: a person's way through the running product, seen from outside. */
export function journey(title: string, walk: (stage: Stage) => Promise<void>) {
  test(title, async () => {
    const stage = new Stage();
    try {
      await within(limit, walk(stage));
      await stage.quiet();
    } catch (error) {
      const why = error instanceof Error ? error : new Error(String(error));
      why.message += `\nkept in ${await stage.keep(title)}`;
      throw why;
    } finally {
      await stage.close();
    }
  });
}

function within(ms: number, walk: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`the journey took longer than ${ms / 1000} s`)), ms);
  });
  return Promise.race([walk, late]).finally(() => clearTimeout(timer));
}
