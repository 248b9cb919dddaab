import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { Desk } from "../pages/desk.ts";
import { Phone } from "../pages/phone.ts";

journey("the bot answers what is written, and hands over what is not", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);

  await desk.article(house.console, "When is breakfast?", "From seven to ten, on Sundays until eleven.");

  await page.goto(`${house.console}/settings/inboxes`);
  await page.locator('a[href*="/settings/inboxes/ib_"]').first().click();
  await page.getByTestId("bot-enabled").check();
  await page.getByTestId("bot-save").click();
  await page.getByText("Saved").first().waitFor();
  await accessible(page, "an inbox with its bot");

  const phone = new Phone(await stage.page("phone"));
  await phone.page.goto(`${house.provider.url}/phone`);
  await phone.someoneNew("Nora", "+4915112345678");
  await phone.write("when is breakfast?");
  const answer = phone.messages("From seven to ten", "business");
  await answer.waitFor();
  expect(await answer.innerText()).toContain("automated assistant");

  await page.goto(`${house.console}/inbox/all`);
  await desk.open("Nora");
  await page.getByTestId("bot-turn").waitFor();
  await desk.messages("From seven to ten", "out").getByTestId("bot-message").waitFor();
  await accessible(page, "a conversation that the bot has");

  // People say whether it is right; a second click takes that back, and what is right becomes a question by another.
  const judged = desk.messages("From seven to ten", "out").getByTestId("judged");
  const pressed = page.locator('[aria-pressed="true"]');
  await judged.getByRole("button", { name: "This answer is wrong" }).click();
  await judged.getByTestId("answer-wrong").and(pressed).waitFor();
  await judged.getByTestId("answer-wrong").click();
  await judged.locator('[aria-pressed="true"]').waitFor({ state: "detached" });
  await judged.getByRole("button", { name: "This answer is right" }).click();
  await judged.getByTestId("answer-right").and(pressed).waitFor();
  await accessible(page, "an answer that is right");
  await page.goto(`${house.console}/settings/intents`);
  const pair = page.getByTestId("judged-right").getByTestId("pair");
  await pair.getByText("From seven to ten").waitFor();
  await accessible(page, "answers that were found right");
  await pair.getByTestId("pair-accept").click();
  await pair.waitFor({ state: "detached" });
  await page.goto(`${house.console}/inbox/all`);
  await desk.open("Nora");

  await phone.write("who won the football match");
  await phone.messages("A person takes over from here", "business").waitFor();
  const note = page.getByTestId("handed-over");
  await note.getByText("who won the football match").waitFor();
  await page.getByTestId("bot-turn").waitFor({ state: "detached" });
  await accessible(page, "a hand-over");

  // Given back, and taken over with one click.
  await page.getByTestId("assign").click();
  await page.getByTestId("hand-back").click();
  await page.getByTestId("bot-turn").waitFor();
  await page.getByTestId("assign-me").click();
  await page.getByTestId("bot-turn").waitFor({ state: "detached" });
  const before = await phone.messages(undefined, "business").count();
  await phone.write("when is breakfast?");
  await desk.messages("when is breakfast?", "in").nth(1).waitFor();
  await desk.write("I am here now");
  await phone.messages("I am here now", "business").waitFor();
  expect(await phone.messages(undefined, "business").count()).toBe(before + 1);
});

journey("the bot is tried on what people answered before it goes live", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);

  await desk.article(
    house.console,
    "When is breakfast?",
    "Breakfast is from seven to ten, on Sundays until eleven.",
  );

  const phone = new Phone(await stage.page("phone"));
  await phone.page.goto(`${house.provider.url}/phone`);
  await phone.someoneNew("Nora", "+4915112345678");
  await phone.write("when is breakfast?");
  await page.goto(`${house.console}/inbox/all`);
  await desk.open("Nora");
  await desk.write("Breakfast is from seven to ten, and on Sundays until eleven. Enjoy!");
  await phone.messages("Enjoy!", "business").waitFor();

  await page.goto(`${house.console}/settings/inboxes`);
  await page.locator('a[href*="/settings/inboxes/ib_"]').first().click();
  await page.getByTestId("bot-try").click();
  await page.getByTestId("trial-begin").click();
  const curve = page.getByTestId("trial-curve");
  await curve.waitFor();
  await accessible(page, "what the bot would have said");
  await page.getByText("Same", { exact: true }).click();
  const example = page.getByTestId("trials").locator("li").filter({ hasText: "when is breakfast?" });
  await example.getByText("on Sundays until eleven. Enjoy!").waitFor();
  await example.getByRole("button", { name: "Bot is wrong" }).click();
  await example.getByRole("button", { name: "Bot is wrong", pressed: true }).waitFor();
  await curve.locator("tr", { hasText: "60 %" }).getByRole("button").click();
  await page.getByText("Saved").first().waitFor();
  await curve.locator('tr[data-used="true"]', { hasText: "60 %" }).waitFor();

  // What was listed while it is tried once more is asked for again when all is found.
  let works = false;
  let listed = false;
  let before = { replay: { done_at: null as number | null } };
  await page.route(/\/bot\/report\?/, async (route) => {
    const report = await (await route.fetch()).json();
    works &&= !listed || report.replay.done_at === null;
    if (!works) before = report;
    const running = { ...before, replay: { ...before.replay, done_at: null } };
    await route.fulfill({ json: works ? running : report });
  });
  await page.route(/\/bot\/trials\?/, async (route) => {
    listed = works;
    if (works) await route.fulfill({ json: { items: [], next_cursor: null } });
    else await route.continue();
  });
  await page.reload();
  await page.getByText("Same", { exact: true }).click();
  await example.waitFor();
  works = true;
  const empty = page.waitForResponse(/\/bot\/trials\?/);
  await page.getByTestId("trial-begin").click();
  // How long nothing is listed is too short to be sure to see it.
  await empty;
  await example.waitFor();
});

journey("a customer taps which of several is meant, and is answered", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);
  await desk.article(house.console, "When do I get my money back?", "Within five working days.");
  await desk.article(house.console, "Can I change my address?", "Yes, before the parcel leaves.");
  await desk.article(house.console, "How do I reset my password?", "By the link under the form.");

  await page.goto(`${house.console}/settings/inboxes`);
  await page.locator('a[href*="/settings/inboxes/ib_"]').first().click();
  await page.getByTestId("bot-enabled").check();
  await page.getByTestId("bot-threshold").fill("99");
  await page.getByTestId("bot-save").click();
  await page.getByText("Saved").first().waitFor();

  const phone = new Phone(await stage.page("phone"));
  await phone.page.goto(`${house.provider.url}/phone`);
  await phone.someoneNew("Nora", "+4915112345678");
  await phone.write("money back and a changed address");
  const question = phone.messages("Which of these do you mean?", "business");
  const choices = question.getByTestId("phone-choice");
  await choices.filter({ hasText: "Talk to a person" }).waitFor();
  expect(await choices.count()).toBeGreaterThanOrEqual(3);
  await choices.filter({ hasText: "Can I change my address?" }).click();
  await phone.messages("Yes, before the parcel", "business").waitFor();

  await page.goto(`${house.console}/inbox/all`);
  await desk.open("Nora");
  const asked = desk.messages("Which of these do you mean?", "out");
  await asked.getByTestId("choices").getByText("When do I get my money back?").waitFor();
  await desk
    .messages("Can I change my address?", "in")
    .getByText(/Tapped a button|Chose from a list/)
    .waitFor();
  await accessible(page, "a question with choices and what was tapped");

  // An earlier question's choice stays what it was.
  await choices.filter({ hasText: "When do I get my" }).click();
  await phone.messages("Within five working days", "business").waitFor();
  await choices.filter({ hasText: "Talk to a person" }).click();
  await phone.messages("A person takes over from here", "business").waitFor();
});

journey(
  "business hours are written with the keyboard, and outside of them nobody is promised",
  async (stage) => {
    const house = await stage.demo();
    const desk = new Desk(await stage.page("desk"));
    const { page } = desk;
    await desk.signIn(house.console, house.owner);
    await page.goto(`${house.console}/settings/hours`);
    await page.getByTestId("hours-now").getByText("No hours are written yet.").waitFor();
    await accessible(page, "business hours that nobody wrote yet");

    // Open for one minute of a day that is days away: it is closed now, whenever this runs.
    await page.getByTestId("hours-zone").fill("UTC");
    await page.getByRole("option", { name: "UTC", exact: true }).click();
    const days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    const open = (new Date().getUTCDay() + 3) % 7;
    for (const [place, day] of days.entries()) {
      const row = page.getByTestId(`hours-${day}`);
      const remove = row.getByRole("button", { name: "remove this time" });
      if (await remove.count()) {
        await remove.focus();
        await page.keyboard.press("Enter");
        await row.getByText("Closed").waitFor();
      }
      if (place !== open) continue;
      // Where the time stood the key to add one has the focus.
      await row.getByRole("button", { name: "add a time" }).focus();
      await page.keyboard.press("Enter");
      await row.getByLabel("from").fill("10:00");
      await row.getByLabel("until").fill("10:01");
    }
    await page.getByTestId("closed-add").click();
    await page.getByTestId("closed-day").getByLabel("Date").fill("2040-12-25");
    await page.getByTestId("closed-day").getByLabel("What day").fill("Christmas");
    await page.getByTestId("hours-save").click();
    await page.getByTestId("hours-now").getByText("Closed now. Opens").waitFor();
    await accessible(page, "business hours");

    await page.goto(`${house.console}/settings/inboxes`);
    await page.locator('a[href*="/settings/inboxes/ib_"]').first().click();
    await page.getByTestId("bot-enabled").check();
    await page.getByTestId("bot-closed").check();
    await page.getByTestId("bot-save").click();
    await page.getByText("Saved").first().waitFor();

    const phone = new Phone(await stage.page("phone"));
    await phone.page.goto(`${house.provider.url}/phone`);
    await phone.someoneNew("Nora", "+4915112345678");
    await phone.write("can I talk to a person");
    const told = phone.messages("Nobody is here right now", "business");
    await told.waitFor();
    expect(await told.innerText()).toMatch(/Open again: \w+day 10:00 \(UTC\)/);
  },
);
