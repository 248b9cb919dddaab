import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import type { House } from "../harness/house.ts";
import { journey } from "../harness/journey.ts";
import { chineseOnly } from "../harness/language.ts";
import { until } from "../harness/until.ts";
import { deliver, textDelivery } from "../harness/webhook.ts";
import { Desk } from "../pages/desk.ts";

const hour = 3600;

/** Lets a guest whom nobody knows yet write, each time another one, so many hours ago; of that it is told only now. */
async function guests(house: House) {
  const { webhook } = await house.provider.state();
  const now = Math.floor(Date.now() / 1000);
  let made = 0;
  return (body: string, back: number) => {
    made += 1;
    const from = { wa_id: `49155600${String(made).padStart(4, "0")}`, name: `Guest ${made}` };
    const message = { id: `wamid.GUEST${made}`, body, timestamp: now - back * hour };
    return deliver(webhook.url ?? "", textDelivery(from, message));
  };
}

journey("what customers suddenly write about calls, and an answer is prepared", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);
  const write = await guests(house);
  // Five days of other things, of which messages tell that came late.
  const other = ["is breakfast included", "can I check in at noon", "do you have a cot", "is there a lift"];
  for (let back = 5 * 24; back > 24; back -= 2) {
    await write(other[back % other.length] ?? "", back);
  }
  for (const body of [
    "Is the sauna open?",
    "the sauna is cold",
    "when does the sauna close tonight",
    "who may use the sauna",
    "sauna closed??",
    "are towels in the sauna free",
    "the sauna door is locked",
    "nobody is at the sauna",
  ]) {
    await write(body, 0);
  }
  const surge = page.getByTestId("surge").filter({ has: page.locator("strong", { hasText: /^sauna$/ }) });
  await until(
    "the rise to be noticed",
    async () => {
      await page.goto(`${house.console}/settings/knowledge/ahead`);
      await page.getByRole("heading", { name: "Far more than usual" }).waitFor();
      return surge.first().isVisible();
    },
    100_000,
  );
  await surge.getByText(/8 times in/).waitFor();
  await page.getByTestId("alarm-badge").waitFor();
  // For who does not see the bars, the days stand in a table that keys open.
  await surge.getByText("As a table").focus();
  await page.keyboard.press("Enter");
  await surge.getByRole("row", { name: /Today/ }).waitFor();
  await accessible(page, "what customers write about");
  const wide = async (what: string) => {
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(content, `${what} is not wider than the screen`).toBeLessThanOrEqual(screen ?? 0);
  };
  await page.setViewportSize({ width: 390, height: 844 });
  await wide("the page");
  await page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
  await wide("the mirrored page");
  await page.setViewportSize({ width: 1280, height: 800 });

  await surge.getByTestId("prepare").click();
  await page.getByTestId("gap-sources").getByText("sauna").first().waitFor();
  expect(await page.getByTestId("article-title").inputValue()).toContain("sauna");
  await page.goto(`${house.console}/settings/operation`);
  await page.getByTestId("alarm").getByRole("link", { name: "What customers write about" }).click();
  await surge.waitFor();
  // So many of them are also a rise of everything.
  const put = page.getByTestId("surge-dismiss");
  for (let left = await put.count(); left > 0; left -= 1) {
    await put.first().click();
    await until("one to be put away", async () => (await put.count()) < left);
  }
  await page.getByTestId("alarm-badge").waitFor({ state: "detached" });
  await page.evaluate(async () => {
    const headers = { "content-type": "application/json" };
    await fetch("/api/me", { method: "PATCH", headers, body: JSON.stringify({ locale: "zh-CN" }) });
  });
  await page.goto(`${house.console}/settings/knowledge/ahead`);
  await page.getByRole("heading", { name: "远超平常" }).waitFor();
  await surge.waitFor();
  await chineseOnly(page, "what customers write about");
});

journey("what has changed since before calls until somebody holds it for right", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);
  const write = await guests(house);
  // Three weeks ago everybody wrote English; now half of them write Spanish. Of both is told late.
  const english = ["is breakfast included in the price", "where can I park my car tonight"];
  const spanish = ["¿está incluido el desayuno en el precio?", "¿dónde puedo aparcar mi coche esta noche?"];
  for (let place = 0; place < 130; place += 1) {
    await write(english[place % 2] ?? "", 20 * 24 - place);
    await write((place % 4 < 2 ? english : spanish)[place % 2] ?? "", 150 - place);
  }
  const languages = page.getByTestId("drift-parts").locator('li[data-kind="language"][data-state="moved"]');
  await until(
    "the change to be noticed",
    async () => {
      await page.goto(`${house.console}/settings/knowledge/ahead`);
      await page.getByTestId("drift-parts").waitFor();
      return languages.isVisible();
    },
    100_000,
  );
  await languages.getByRole("row", { name: /Spanish/ }).waitFor();
  await page.getByTestId("alarm-badge").waitFor();
  await accessible(page, "what has changed");
  const wide = async (what: string) => {
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(content, `${what} is not wider than the screen`).toBeLessThanOrEqual(screen ?? 0);
  };
  await page.setViewportSize({ width: 390, height: 844 });
  await wide("the page");
  await page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
  await wide("the mirrored page");
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${house.console}/settings/intents`);
  await page.getByTestId("drift-note").getByRole("link").click();
  await languages.waitFor();
  await page.evaluate(async () => {
    const headers = { "content-type": "application/json" };
    await fetch("/api/me", { method: "PATCH", headers, body: JSON.stringify({ locale: "zh-CN" }) });
  });
  await page.goto(`${house.console}/settings/knowledge/ahead`);
  await page.getByRole("heading", { name: "是否发生变化" }).waitFor();
  await languages.waitFor();
  await chineseOnly(page, "what has changed");
  await page.getByTestId("drift-accept").click();
  await page.getByRole("dialog").getByRole("button", { name: "现状无误" }).click();
  await languages.waitFor({ state: "detached" });
  await page.getByTestId("drift-accept").waitFor({ state: "detached" });
});

journey("words that mean the same are written as a text, read in and taken out", async (stage) => {
  const house = await stage.demo();
  stage.tolerate(/422 \(Unprocessable Entity\)/);
  const desk = new Desk(await stage.page("desk", { acceptDownloads: true }));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);
  await desk.article(house.console, "Where is my parcel?", "Open the link in our e-mail.");
  await page.goto(`${house.console}/settings/knowledge`);
  await page.getByTestId("open-synonyms").click();
  const text = page.getByTestId("synonyms");
  await text.fill("parcel, consignment\n\ncar, CAR");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Line 3: “CAR” stands here twice.").waitFor();
  await accessible(page, "synonyms with a mistake");
  await page.getByText("Read a file").waitFor();
  await page.locator("input[type=file]").setInputFiles({
    name: "groups.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("# shop\nparcel，consignment\r\n退款、退钱\n"),
  });
  await until("the file to be read", async () => (await text.inputValue()).includes("退款, 退钱"));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved").waitFor();
  const taken = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as a file" }).click();
  expect((await taken).suggestedFilename()).toBe("synonyms.txt");
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await accessible(page, "synonyms on a phone");
  await page.goto(`${house.console}/settings/knowledge`);
  await page.getByTestId("knowledge-ask").fill("consignment");
  await page.getByTestId("found").getByText("Open the link in our e-mail.").waitFor();
});
