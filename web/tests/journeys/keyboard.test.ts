import type { Page } from "playwright-core";
import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";

journey("a conversation by keyboard alone, in the dark", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk", { colorScheme: "dark" }));
  const { page } = desk;
  const { keyboard } = page;
  await page.goto(house.console);
  await page.getByTestId("sign-in").waitFor();
  await accessible(page, "sign-in in the dark");

  // The field for the address has the focus.
  await keyboard.type(house.owner.email);
  await keyboard.press("Tab");
  await keyboard.type(house.owner.password);
  await keyboard.press("Enter");
  await desk.online();
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(brightness(ground), `the ground ${ground} is dark`).toBeLessThan(80);

  // The first stop of the Tab key leads past the navigation.
  await tabTo(page, '[href="#content"]');
  await keyboard.press("Enter");
  await tabTo(page, '[data-testid="tab-all"]');
  await keyboard.press("Enter");
  await desk.row("عمر").waitFor();
  await accessible(page, "list in the dark");

  // j and k walk the list, Enter opens.
  await keyboard.press("j");
  const focused = () =>
    page.evaluate(() => Number(document.activeElement?.getAttribute("data-position") ?? -1));
  await until("the first row to have the focus", async () => (await focused()) === 0);
  await keyboard.press("j");
  await until("the second row to have the focus", async () => (await focused()) === 1);
  await keyboard.press("k");
  await until("the first row to have the focus again", async () => (await focused()) === 0);
  await keyboard.press("Enter");
  await until("the composer to have the focus", () =>
    desk.input.evaluate((input) => input === document.activeElement),
  );
  await keyboard.type("By hand");
  await keyboard.press("Shift+Enter");
  await keyboard.type("and in two lines");
  await keyboard.press("Enter");
  await desk.reaches(desk.messages("and in two lines", "out"), "delivered", "read");
  await accessible(page, "thread in the dark");

  // Escape leaves the field, keys act on the conversation, Escape goes back to the list.
  await keyboard.press("Escape");
  await keyboard.press("n");
  await until(
    "the field to take a note",
    async () => (await page.getByTestId("tab-note").getAttribute("aria-pressed")) === "true",
  );
  await keyboard.type("Noted");
  await keyboard.press("Enter");
  await desk.messages("Noted", "note").waitFor();
  await keyboard.press("Escape");
  await keyboard.press("m");
  await page.getByTestId("assign-me").waitFor({ state: "detached" });
  await keyboard.press("e");
  await page.getByTestId("reopen").waitFor();
  await keyboard.press("e");
  await page.getByTestId("resolve").waitFor();
  await keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await accessible(page, "help in the dark");
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await keyboard.press("Escape");
  await until("the list alone", () => /\/inbox\/all\/?$/.test(new URL(page.url()).pathname));
  await keyboard.press("/");
  await keyboard.type("Maria");
  await desk.row("عمر").waitFor({ state: "detached" });
  await desk.row("Maria").waitFor();
});

/** Presses Tab until an element has the focus, as often as a page can ask of anyone. */
async function tabTo(page: Page, selector: string) {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`the Tab key does not lead to ${selector}`);
}

/** Of an rgb() colour, 0 to 255. */
function brightness(colour: string): number {
  const [red = 0, green = 0, blue = 0] = colour.match(/[\d.]+/g)?.map(Number) ?? [];
  return (red + green + blue) / 3;
}
