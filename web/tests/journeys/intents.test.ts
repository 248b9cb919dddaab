import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";
import { Phone } from "../pages/phone.ts";

const examples = [
  "my parcel is late",
  "where is my package",
  "the delivery has not arrived",
  "I am still waiting for my order",
  "when will my parcel come",
  "tracking shows nothing",
];

journey("an intent is written, recognised, corrected and learned", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);

  await page.goto(`${house.console}/settings/intents/new`);
  await page.getByTestId("intent-name").fill("Late parcel");
  await page.getByTestId("intent-text").fill("It comes within two days.");
  const first = page.getByTestId("intent-first-examples");
  await first.fill(`${"where is it ".repeat(100)}\n${examples.join("\n")}`);
  await page.getByTestId("intent-save").click();
  await page.getByText(/at most \d+ characters/).waitFor();
  await first.fill(examples.join("\n"));
  await page.getByTestId("intent-save").click();
  await until("the intent to have an address", async () => !page.url().endsWith("/new"));
  await page.getByTestId("examples").getByText("tracking shows nothing").waitFor();
  await accessible(page, "an intent");

  // An answer that is out of use is still the one that was chosen.
  await desk.article(house.console, "Where does a parcel go?", "To the front desk.");
  const article = page.url();
  await page.goto(`${house.console}/settings/intents/new`);
  await page.getByTestId("intent-name").fill("Where parcels go");
  await page.getByText("From knowledge").click();
  const chosen = page.getByRole("combobox", { name: "Article" });
  await chosen.fill("Where does");
  await page.getByRole("option", { name: "Where does a parcel go?" }).click();
  await page.getByTestId("intent-save").click();
  await until("the intent to have an address", async () => !page.url().endsWith("/new"));
  const intent = page.url();
  await page.goto(article);
  await page.getByRole("button", { name: "Take out of use" }).click();
  await page.getByText("Out of use").first().waitFor();
  await page.goto(intent);
  await until(
    "the article to be shown",
    async () => (await chosen.inputValue()) === "Where does a parcel go?",
  );
  stage.tolerate(/status of (404|422)/);
  await page.goto(`${house.console}/settings/knowledge/ar_0000000000000000000000`);
  await page.getByRole("alert").getByText("This no longer exists.").waitFor();

  await page.goto(`${house.console}/settings/intents`);
  await page.getByTestId("intent-versions").getByText("6 examples").waitFor();
  await page.getByTestId("intent-ask").fill("my package did not arrive");
  await page.getByTestId("intent-told").getByText("Late parcel").waitFor();
  await accessible(page, "the intents");

  await page.goto(`${house.console}/settings/inboxes`);
  await page.locator('a[href*="/settings/inboxes/ib_"]').first().click();
  await page.getByTestId("bot-enabled").check();
  await page.getByTestId("bot-save").click();
  await page.getByText("Saved").first().waitFor();

  const phone = new Phone(await stage.page("phone"));
  await phone.page.goto(`${house.provider.url}/phone`);
  await phone.someoneNew("Nora", "+4915112345678");
  await phone.write("hello, my package did not arrive");
  await phone.messages("It comes within two days.", "business").waitFor();
  const asked = "the box with my lamp went missing";
  await phone.write(asked);
  await phone.messages("A person takes over from here", "business").waitFor();

  await page.goto(`${house.console}/inbox/all`);
  await desk.open("Nora");
  await page.getByTestId("handed-over").getByText(asked).waitFor();
  const recognised = desk.messages("my package did not arrive", "in").getByTestId("understood");
  await recognised.getByText("Late parcel").waitFor();
  const missed = desk.messages(asked, "in").getByTestId("understood");
  await missed.getByText("No intent").waitFor();
  await missed.click();
  await page.getByTestId("meaning").getByText("Late parcel").click();
  await missed.getByText("waits").waitFor();
  await accessible(page, "a conversation with what was understood");

  await page.goto(`${house.console}/settings/intents`);
  await page.getByTestId("corrections").getByText(asked).waitFor();
  await accessible(page, "a correction that waits");
  await page.getByLabel("Choose all").check();
  await page.getByTestId("corrections-accept").click();
  await page.getByText("Nothing waits.").waitFor();

  // The same words count at once, what is like them when it is learned.
  await page.getByTestId("intent-versions").getByText("7 examples").waitFor();
  await page.goto(`${house.console}/inbox/all`);
  await desk.open("Nora");
  await page.getByTestId("assign").click();
  await page.getByTestId("hand-back").click();
  await page.getByTestId("bot-turn").waitFor();
  const before = await phone.messages("It comes within two days.", "business").count();
  expect(before).toBe(1);
  await phone.write("my box with the lamp went missing");
  await phone.messages("It comes within two days.", "business").nth(1).waitFor();
});
