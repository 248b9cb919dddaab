import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { simulated } from "../harness/provider.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";
import { Phone } from "../pages/phone.ts";

journey("first start: owner, number, first conversation, blue ticks", async (stage) => {
  const house = await stage.fresh();
  const page = await stage.page("desk");
  const desk = new Desk(page);

  // The owner, by the link that the server printed.
  await page.goto(house.setupLink);
  expect(await page.getByTestId("setup-token").inputValue()).not.toBe("");
  expect(page.url(), "the token does not stay in the address").not.toContain("token");
  await accessible(page, "setup");
  await page.locator("input[name=workspace_name]").fill("Harbour Hotel");
  await page.locator("input[name=name]").fill("Olivia");
  await page.locator("input[name=email]").fill("olivia@harbour.example");
  await page.locator("input[name=password]").fill("a long enough password");
  await page.getByTestId("setup-finish").click();

  // The number, with what its provider shows.
  await page.getByTestId("inbox-save").waitFor();
  await accessible(page, "connect a number");
  await page.getByLabel("Name of the inbox").fill("Reception");
  for (const [name, value] of Object.entries({ ...simulated, graph_url: house.provider.url })) {
    await page.locator(`input[name=${name}]`).fill(value);
  }
  await page.getByTestId("inbox-save").click();

  // Before the provider knows the callback address the check says what is missing.
  await page.getByTestId("inbox-check").click();
  const checks = page.getByTestId("inbox-checks").getByRole("listitem");
  await until(
    "the subscription to be missing",
    async () =>
      (await checks.evaluateAll((all) => all.filter((one) => one.dataset.ok === "false").length)) > 0,
  );
  await accessible(page, "failed check");
  const callback = await page.getByLabel("Callback address", { exact: true }).inputValue();
  const token = await page.getByLabel("Verify token", { exact: true }).inputValue();
  await house.provider.subscribe(simulated, callback, token);
  await page.getByTestId("inbox-check").click();
  await until("every check to pass", async () => {
    const failed = await checks.evaluateAll((all) => all.filter((one) => one.dataset.ok !== "true"));
    if (failed.length > 0) throw new Error((await checks.allInnerTexts()).join("\n"));
    return (await checks.count()) >= 4;
  });
  await accessible(page, "passed check");

  // The customer writes; the console shows it without a reload.
  await page.goto(`${house.console}/inbox/all`);
  await desk.online();
  const phone = new Phone(await stage.page("phone"));
  await phone.be(house.provider.url, "Priya");
  await phone.write("Is breakfast included?");
  await desk.row("Priya").waitFor();
  await desk.row("Priya").click();
  await desk.messages("Is breakfast included?", "in").waitFor();

  // The agent answers while the customer looks elsewhere: delivered, and blue once read.
  await phone.open("李伟");
  await desk.write("Yes, from 7 to 11.");
  const answer = desk.messages("Yes, from 7 to 11.", "out");
  await desk.reaches(answer, "delivered");
  const colour = () =>
    answer
      .getByTestId("message-status")
      .locator("svg")
      .first()
      .evaluate((mark) => getComputedStyle(mark).color);
  const grey = await colour();
  await phone.open("Priya");
  await phone.messages("Yes, from 7 to 11.", "business").waitFor();
  await desk.reaches(answer, "read");
  // The colour goes over in a moment of its own.
  await until("the ticks to change their colour", async () => (await colour()) !== grey);
  const [red = 0, green = 0, blue = 0] = (await colour()).match(/[\d.]+/g)?.map(Number) ?? [];
  expect(blue, "ticks turn blue").toBeGreaterThan(Math.max(red, green));
  await accessible(page, "conversation");
});
