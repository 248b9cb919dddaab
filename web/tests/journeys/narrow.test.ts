import type { Page } from "playwright-core";
import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";
import { Phone } from "../pages/phone.ts";

journey("a conversation at phone width, by touch", async (stage) => {
  const house = await stage.demo();
  const touch = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const desk = new Desk(await stage.page("desk", touch));
  const { page } = desk;
  const seen = async (state: string) => {
    await fits(page, state);
    await accessible(page, state);
  };
  await page.goto(house.console);
  await page.getByTestId("sign-in").waitFor();
  await seen("sign-in");
  await desk.signIn(house.console, house.owner);
  await page.getByTestId("tab-all").tap();
  await desk.row("Maria").waitFor();
  await seen("list");

  await desk.row("Maria").tap();
  await desk.input.waitFor();
  await seen("thread");
  await house.provider.write("Maria García", "¿Tienen aparcamiento?");
  await desk.messages("¿Tienen aparcamiento?", "in").waitFor();
  await desk.input.tap();
  await desk.input.pressSequentially("Sí, detrás del hotel.");
  const send = page.getByTestId("composer-send");
  const box = await send.boundingBox();
  expect(box?.width, "a thumb hits the button").toBeGreaterThanOrEqual(36);
  await send.tap();
  await desk.reaches(desk.messages("Sí, detrás del hotel.", "out"), "delivered");

  await page.getByRole("button", { name: /Show the contact/ }).tap();
  await page.getByTestId("contact-panel").waitFor();
  await seen("contact");
  await page.goBack();
  await desk.input.waitFor();
  await page.getByTestId("resolve").tap();
  await page.getByTestId("reopen").waitFor();
  await page.getByTestId("back-to-list").tap();
  await desk.row("李伟").waitFor();
  await until(
    "the resolved conversation to leave the list",
    async () => (await desk.row("Maria").count()) === 0,
  );
  await page.goto(`${house.console}/settings`);
  await page.getByRole("main").getByRole("link").first().waitFor();
  await seen("settings");
  await page.goto(`${house.console}/settings/knowledge`);
  const write = await page.getByRole("button", { name: "New article" }).boundingBox();
  expect((write?.x ?? 390) + (write?.width ?? 0), "a page's buttons are on the screen").toBeLessThan(390);
  await seen("knowledge");

  const phone = new Phone(await stage.page("phone", touch));
  await phone.be(house.provider.url, "Maria");
  await phone.messages("Sí, detrás del hotel.", "business").waitFor();
  await fits(phone.page, "phone page");
  await accessible(phone.page, "phone page");
});

/** Nothing is wider than the screen. */
async function fits(page: Page, state: string) {
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content, `${state} is not wider than the screen`).toBeLessThanOrEqual(screen ?? 0);
}
