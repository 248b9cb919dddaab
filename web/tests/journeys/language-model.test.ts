import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { chineseOnly } from "../harness/language.ts";
import { ModelServer } from "../harness/model.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";
import { Phone } from "../pages/phone.ts";

const said = "Breakfast is from seven to ten, on Sundays until eleven.";

journey("a language model words what the bot says, rewrites and translates", async (stage) => {
  const model = new ModelServer();
  await model.start();
  try {
    const house = await stage.demo({ BELLHOP_EGRESS__ALLOW: `["${model.host}"]` });
    // What the server refuses here is what is looked at.
    stage.tolerate(/status of (409|422)/);
    const desk = new Desk(await stage.page("desk"));
    const { page } = desk;
    await desk.signIn(house.console, house.owner);
    await desk.open("Maria");
    await desk.input.fill("we can not");
    expect(await page.getByTestId("composer-rewrite").count(), "no model, no button").toBe(0);
    expect(await page.getByTestId("message-translate").count()).toBe(0);
    await desk.input.fill("");

    // What is wrong is said beside its field; a test says whether it works.
    await page.goto(`${house.console}/settings/language-model`);
    const address = page.getByTestId("model-address");
    await address.fill("http://127.0.0.1:1/v1");
    await page.getByTestId("model-name").fill("small");
    await page.getByTestId("model-save").click();
    await address.and(page.locator('[aria-invalid="true"]')).waitFor();
    await address.fill(model.address);
    await page.getByTestId("model-key").fill("sk-wrong");
    await page.getByTestId("model-save").click();
    const outcome = page.getByTestId("model-outcome");
    await outcome.getByRole("alert").getByText("no such key").waitFor();
    await accessible(page, "a language model that does not work");
    await page.getByTestId("model-key").fill(model.key);
    await page.getByTestId("model-save").click();
    await outcome.getByText("Works, as seen").waitFor();
    await outcome.getByText("piece by piece").waitFor();
    await page.getByText("There is one.").waitFor();
    await page.getByText(/of 1,000,000 tokens used today/).waitFor();
    await page.getByTestId("model-name").click();
    await page.getByRole("option", { name: "large" }).waitFor();
    await accessible(page, "a language model that works");
    await page.keyboard.press("Escape");

    // A sentence model stands below: what it is, and how long it takes.
    await page.getByTestId("sentence-address").fill(model.address);
    await page.getByTestId("sentence-name").fill("near");
    await page.getByTestId("sentence-key").fill(model.key);
    await page.getByTestId("sentence-save").click();
    await page
      .getByTestId("sentence-figures")
      .getByText(/26 numbers for each text\. One text took \d+ ms\./)
      .waitFor();
    await accessible(page, "a sentence model that works");
    // One that knows letters alone would mislead the bot: it goes again.
    await page.getByTestId("sentence-remove").click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByTestId("sentence-figures").waitFor({ state: "detached" });

    // The bot words its answer, and says that it did.
    await page.goto(`${house.console}/settings/knowledge/new`);
    await page.getByTestId("article-title").fill("When is breakfast?");
    await page.getByTestId("article-body").fill(said);
    await page.getByText("Article", { exact: true }).click();
    await page.getByTestId("article-publish").click();
    await until("the article to have an address", async () => !page.url().endsWith("/new"));
    await page.goto(`${house.console}/settings/inboxes`);
    await page.locator('a[href*="/settings/inboxes/ib_"]').first().click();
    await page.getByTestId("bot-enabled").check();
    await page.getByTestId("bot-save").click();
    await page.getByText("Saved").first().waitFor();
    model.says = ({ passages = [] }) => {
      const passage = passages.find(({ text }) => text.includes("seven to ten"))?.number ?? 1;
      const text = "You get breakfast from seven to ten, on Sundays until eleven.";
      return { answered: true, sentences: [{ text, passage, quote: "from seven to ten, on Sundays" }] };
    };
    const phone = new Phone(await stage.page("phone"));
    await phone.page.goto(`${house.provider.url}/phone`);
    await phone.someoneNew("Nora Berg", "+4915112345678");
    await phone.write("when is breakfast? my number is +49 151 12345678");
    const answer = phone.messages("You get breakfast from seven to ten", "business");
    await answer.waitFor();
    expect(await answer.innerText()).toContain("Written by AI from: When is breakfast?");
    expect(JSON.stringify(model.asked)).not.toMatch(/12345678|Nora/);

    // A customer's message in the reader's language: not kept, and marked as a machine's.
    await page.goto(`${house.console}/inbox/all`);
    await desk.open("Nora");
    model.says = () => ({ answered: false });
    const question = "Wer hat gestern das Fußballspiel gewonnen?";
    await phone.write(question);
    await page.getByTestId("handed-over").waitFor();
    const asked = desk.messages(question, "in");
    model.says = () => Promise.reject(new Error("out of memory"));
    await asked.hover();
    await asked.getByTestId("message-translate").click();
    await asked.getByTestId("translation").getByText("does not answer now").waitFor();
    await accessible(page, "a translation that failed");
    model.says = ({ to }) => ({ text: to === "en" ? "Who won the match yesterday?" : "" });
    await asked.getByRole("button", { name: "Try again" }).click();
    await asked.getByText("Who won the match yesterday?").waitFor();
    await asked.getByText("Translated by AI").waitFor();
    await accessible(page, "a translated message");
    await asked.hover();
    await asked.getByTestId("message-translate").click();
    await asked.getByText("Who won the match yesterday?").waitFor({ state: "detached" });

    // A reply is put otherwise by keyboard, undone, and translated; what fails leaves it as it is.
    const rewrite = page.getByTestId("composer-rewrite");
    expect(await rewrite.isDisabled(), "nothing to rewrite").toBe(true);
    await desk.input.fill("behind the house, 18 euros");
    model.says = () => ({ text: "You can park behind the house, for 18 euros a day. See you soon!" });
    await rewrite.focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("rewrite-friendlier").and(page.locator(":focus")).waitFor();
    await accessible(page, "what a model can make of a reply");
    await page.keyboard.press("Escape");
    await rewrite.and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await page.getByTestId("rewrite-friendlier").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await desk.input.and(page.locator(":focus")).waitFor();
    await until("the reply to be friendlier", async () =>
      (await desk.input.inputValue()).includes("See you soon!"),
    );
    await page.getByText("Read it before you send it").waitFor();
    await accessible(page, "a rewritten reply");
    await page.getByTestId("rewrite-undo").click();
    expect(await desk.input.inputValue()).toBe("behind the house, 18 euros");
    model.says = () => ({ text: "behind the house, 20 euros" });
    await rewrite.click();
    await page.getByTestId("rewrite-shorter").click();
    await page.getByText("The language model did not help").waitFor();
    expect(await desk.input.inputValue()).toBe("behind the house, 18 euros");
    // What is being written by the model is not sent by a hasty key, and can be called off.
    model.says = () => new Promise(() => {});
    await rewrite.click();
    await page.getByTestId("rewrite-clearer").click();
    await page.getByTestId("rewrite-stop").waitFor();
    await desk.input.press("Enter");
    await page.getByTestId("rewrite-stop").click();
    await page.getByTestId("rewrite-stop").waitFor({ state: "detached" });
    expect(await desk.input.inputValue()).toBe("behind the house, 18 euros");
    model.says = ({ to }) => ({ text: to === "de" ? "Hinter dem Haus, 18 Euro." : "" });
    await rewrite.click();
    const first = page.getByTestId(/^rewrite-to-/).first();
    await first.getByText("customer’s language").waitFor();
    expect(await first.innerText()).toContain("German");
    await first.click();
    await until("the reply to be German", async () => (await desk.input.inputValue()).startsWith("Hinter"));
    await desk.input.press("Enter");
    await phone.messages("Hinter dem Haus, 18 Euro.", "business").waitFor();
    await page.getByTestId("rewritten").waitFor({ state: "detached" });

    // Without it everything goes on.
    await page.goto(`${house.console}/settings/language-model`);
    await page.getByTestId("model-remove").click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove the language model" }).click();
    await page.getByTestId("model-remove").waitFor({ state: "detached" });
    expect(await page.getByTestId("model-name").inputValue()).toBe("");
    await page.goto(`${house.console}/inbox/all`);
    await desk.open("Nora");
    await asked.waitFor();
    expect(await page.getByTestId("composer-rewrite").count()).toBe(0);
    await page.goto(`${house.console}/settings/audit`);
    await page.getByTestId("audit-entries").getByText("Removed the language model").waitFor();
  } finally {
    await model.stop();
  }
});

journey("a language model is set up on a phone and in Chinese", async (stage) => {
  const model = new ModelServer();
  await model.start();
  try {
    const house = await stage.demo({ BELLHOP_EGRESS__ALLOW: `["${model.host}"]` });
    const narrow = { viewport: { width: 390, height: 844 }, locale: "zh-CN", colorScheme: "dark" } as const;
    const desk = new Desk(await stage.page("desk", narrow));
    const { page } = desk;
    await desk.signIn(house.console, house.owner);
    await page.evaluate(async () => {
      const headers = { "content-type": "application/json" };
      await fetch("/api/me", { method: "PATCH", headers, body: JSON.stringify({ locale: "zh-CN" }) });
    });
    const seen = async (state: string) => {
      const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(content, `${state} is not wider than the screen`).toBeLessThanOrEqual(screen ?? 0);
      await chineseOnly(page, state);
      await accessible(page, state);
    };
    await page.goto(`${house.console}/settings/language-model`);
    await page.getByTestId("model-address").fill(model.address);
    await page.getByTestId("model-name").fill("small");
    await page.getByTestId("model-key").fill(model.key);
    await page.getByTestId("model-save").click();
    await page.getByTestId("model-abilities").waitFor();
    await page.getByTestId("sentence-address").fill(model.address);
    await page.getByTestId("sentence-name").fill("near");
    await page.getByTestId("sentence-key").fill(model.key);
    await page.getByTestId("sentence-save").click();
    await page.getByTestId("sentence-figures").waitFor();
    await seen("a language model and a sentence model");
    await page.goto(`${house.console}/inbox/all`);
    await desk.open("Maria");
    model.says = ({ to }) => ({ text: to === "zh-Hans" ? "您好！" : "¡Hola!" });
    await desk.input.fill("hola");
    await page.getByTestId("composer-rewrite").click();
    await page.getByTestId("rewrite-to-es").waitFor();
    await seen("what a model can make of a reply");
    await page.getByTestId("rewrite-friendlier").click();
    await page.getByTestId("rewrite-undo").waitFor();
    const message = desk.messages(undefined, "in").last();
    await message.click();
    await message.getByTestId("message-translate").click();
    await message.getByText("您好！").waitFor();
    await seen("a translated message");
  } finally {
    await model.stop();
  }
});
