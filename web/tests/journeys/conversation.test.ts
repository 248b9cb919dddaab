import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";
import { Phone } from "../pages/phone.ts";

journey("quotes, reactions, emoji, quick replies, notes", async (stage) => {
  const house = await stage.demo();
  const [desk, phone] = [new Desk(await stage.page("desk")), new Phone(await stage.page("phone"))];
  await desk.signIn(house.console, house.owner);
  await phone.be(house.provider.url, "عمر");
  await desk.open("عمر");
  await phone.write("Two questions");
  await phone.write("And the parking?");
  await desk.messages("And the parking?", "in").waitFor();

  // Quotes, to and fro.
  await desk.quote(desk.messages("Two questions", "in"));
  await desk.write("Go ahead");
  const quoting = phone.messages("Go ahead", "business");
  await quoting.locator("blockquote", { hasText: "Two questions" }).waitFor();
  await phone.reply(quoting, "Thank you");
  const quoted = desk.messages("Thank you", "in");
  await quoted.getByRole("button", { name: "Go to the quoted message: Go ahead" }).waitFor();

  // Reactions, to and fro, and taken back.
  await desk.react(desk.messages("And the parking?", "in"), "👍");
  const theirs = phone.messages("And the parking?", "customer");
  await theirs.getByTestId("phone-reaction").filter({ hasText: "👍" }).waitFor();
  await accessible(desk.page, "thread with quote and reaction");
  await desk.messages("And the parking?", "in").getByRole("button", { name: "Take back 👍" }).click();
  await theirs.getByTestId("phone-reaction").waitFor({ state: "detached" });
  await phone.react(quoting, "❤️");
  const loved = desk.messages("Go ahead", "out").getByRole("img", { name: "The customer reacted with ❤️" });
  await loved.waitFor();
  await phone.unreact(quoting);
  await loved.waitFor({ state: "detached" });

  // Emoji by its name.
  await desk.page.getByTestId("composer-emoji").click();
  await desk.page.getByLabel("Search emoji").fill("rocket");
  await accessible(desk.page, "emoji picker");
  await desk.page.keyboard.press("Enter");
  await until("the emoji in the field", async () => (await desk.input.inputValue()).includes("🚀"));
  await desk.input.press("Enter");
  await phone.messages("🚀", "business").waitFor();

  // A quick reply, with the customer's name in it.
  await desk.input.fill("/hel");
  await desk.page.getByRole("option", { name: /\/hello/ }).waitFor();
  await accessible(desk.page, "quick replies");
  await desk.input.press("Enter");
  await until("the quick reply in the field", async () =>
    (await desk.input.inputValue()).startsWith("Hello عمر"),
  );
  await desk.input.press("Enter");
  await phone.messages(/Hello عمر/, "business").waitFor();

  // A note stays among the agents: what is written after it arrives, the note does not.
  await desk.note("Beware of the dog");
  await desk.messages("Beware of the dog", "note").waitFor();
  await accessible(desk.page, "thread with note");
  await desk.write("See you on Friday");
  await phone.messages("See you on Friday", "business").waitFor();
  const chat = await house.provider.chat("عمر الخطيب");
  expect(chat.filter(({ message }) => message.text?.includes("dog"))).toEqual([]);
});

journey("labels, assignment, snooze, resolve, reopened by the customer", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);
  await page.goto(`${house.console}/settings/labels`);
  await page.getByRole("button", { name: "New label" }).click();
  await page.getByLabel("Name").fill("breakfast");
  await page.getByRole("radio", { name: "Colour 4", exact: true }).press("Space");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("listitem").filter({ hasText: "breakfast" }).waitFor();
  await page.goto(`${house.console}/inbox/all`);
  await desk.open("عمر");

  await page.getByTestId("label-add").click();
  await page.getByRole("menuitem", { name: "booking" }).click();
  await accessible(page, "menu of labels");
  await page.keyboard.press("Escape");
  await desk.row("عمر").getByText("booking").waitFor();
  await page.getByRole("button", { name: "Remove the label booking" }).click();
  await desk.row("عمر").getByText("booking").waitFor({ state: "detached" });

  await page.getByTestId("assign-me").click();
  await page.getByTestId("assign-me").waitFor({ state: "detached" });
  await desk.view("mine");
  await desk.row("عمر").waitFor();
  await page.getByTestId("assign").click();
  await accessible(page, "menu of agents");
  await page.getByRole("menuitem", { name: "Ana" }).click();
  await desk.row("عمر").waitFor({ state: "detached" });
  await desk.view("all");

  await page.getByTestId("snooze").click();
  await accessible(page, "menu of times");
  await page.getByTestId("snooze-tomorrow").click();
  await desk.row("عمر").waitFor({ state: "detached" });
  await page.getByText(/Snoozed until/).waitFor();
  await page.getByTestId("reopen").click();
  await desk.row("عمر").waitFor();

  await page.getByTestId("resolve").click();
  await desk.row("عمر").waitFor({ state: "detached" });
  await page.getByTestId("reopen").waitFor();
  await accessible(page, "resolved conversation");
  await house.provider.write("عمر الخطيب", "One more thing");
  await desk.row("عمر").waitFor();
  await desk.messages("One more thing", "in").waitFor();
  await page.getByTestId("resolve").waitFor();
});
