import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { patience } from "./until.ts";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A microphone that beeps, and no question whether it may be used.
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

/** A new Chromium with a profile of its own. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.BELLHOP_CHROMIUM ?? "/usr/bin/chromium",
    headless: process.env.BELLHOP_HEADED === undefined,
    args: flags,
  });
}

/** A page and everything that its console said. */
export interface Tab {
  page: Page;
  name: string;
  log: string[];
  /** The lines that a sound page does not have. */
  faults: string[];
}

const tabs = new WeakMap<Page, Tab>();

/** Notes a fault of a page; the journey goes on and fails at its end. */
export function fault(page: Page, text: string) {
  tabs.get(page)?.faults.push(text);
}

// What every sound page does: asking who is signed in is answered 401 when nobody is.
const usual = /status of 401/;

/** Opens a page in a profile of its own. */
export async function open(browser: Browser, name: string, options: BrowserContextOptions): Promise<Tab> {
  const context = await browser.newContext({
    locale: "en-GB",
    timezoneId: "Europe/Madrid",
    viewport: { width: 1360, height: 860 },
    permissions: ["microphone", "clipboard-read", "clipboard-write"],
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const tab: Tab = { page, name, log: [], faults: [] };
  tabs.set(page, tab);
  page.on("console", (message) => {
    const line = `${message.type()}: ${message.text()} (${message.location().url})`;
    tab.log.push(line);
    if (message.type() === "error" && !usual.test(line)) tab.faults.push(line);
  });
  page.on("pageerror", (error) => {
    tab.log.push(`uncaught: ${error.stack ?? error.message}`);
    tab.faults.push(`uncaught: ${error.message}`);
  });
  return tab;
}
