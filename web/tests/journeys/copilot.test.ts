import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";
import { Phone } from "../pages/phone.ts";

journey(
  "a reply is suggested, taken by one key, changed and sent; nothing is sent by itself",
  async (stage) => {
    const house = await stage.demo();
    const desk = new Desk(await stage.page("desk"));
    const { page } = desk;
    await desk.signIn(house.console, house.owner);
    await desk.article(
      house.console,
      "What may regular guests have for free?",
      "The sauna, and late checkout. Never the minibar.",
      "internal",
    );

    const phone = new Phone(await stage.page("phone"));
    await phone.page.goto(`${house.provider.url}/phone`);
    await phone.someoneNew("Nora", "+4915112345678");
    await phone.write("do you have a car park?");
    await page.goto(`${house.console}/inbox/all`);
    await desk.open("Nora");
    const suggestions = page.getByTestId("suggestion");
    await suggestions.filter({ hasText: "behind the house" }).waitFor();
    await suggestions.first().getByRole("button", { name: "Why this suggestion" }).click();
    await page.getByTestId("suggestion-why").getByText("Do you have a car park?").waitFor();
    await accessible(page, "suggested replies");
    const before = await phone.messages(undefined, "business").count();
    await desk.input.focus();
    await page.keyboard.press("Alt+Digit1");
    await until("the field to have it", async () => (await desk.input.inputValue()).includes("18 euros"));
    expect(await phone.messages(undefined, "business").count()).toBe(before);
    await page.keyboard.type(" Welcome!");
    await desk.input.press("Enter");
    await phone.messages(/18 euros.*Welcome!/s, "business").waitFor();
    await suggestions.first().waitFor({ state: "detached" });

    // What is for colleagues asks for other words.
    await phone.write("what may regular guests have for free?");
    const internal = suggestions.filter({ hasText: "Never the minibar" });
    await internal.getByText("Internal").waitFor();
    await internal.getByTestId("suggestion-take").click();
    await page.getByTestId("internal-hint").waitFor();
    await desk.input.fill("The sauna and late checkout");
    await page.getByTestId("internal-hint").waitFor({ state: "detached" });
    await internal.getByTestId("suggestion-up").click();
    await internal.getByTestId("suggestion-dismiss").click();
    await internal.waitFor({ state: "detached" });

    // Solved, it helps with the next one who asks the same.
    await desk.write("The sauna and late checkout");
    await page.getByTestId("resolve").click();
    await page.getByTestId("reopen").waitFor();
    await phone.someoneNew("Olek", "+4915112345679");
    await phone.write("is there anything free for regular guests?");
    await desk.open("Olek");
    await page.getByTestId("aside").click();
    await page.getByTestId("similar").getByText("The sauna and late checkout").waitFor();
    await page.getByTestId("summary").getByText("is there anything free").waitFor();
    await accessible(page, "a summary and similar conversations");
  },
);

journey("what nobody wrote down becomes an article, made of what was asked and answered", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);
  const phone = new Phone(await stage.page("phone"));
  await phone.page.goto(`${house.provider.url}/phone`);
  for (const [name, number] of [
    ["Nora", "+4915112345678"],
    ["Olek", "+4915112345679"],
  ] as const) {
    await phone.someoneNew(name, number);
    await phone.write("where can I charge my electric car?");
    await desk.open(name);
    await desk.messages("electric car", "in").waitFor();
    await desk.write(`Hello ${name}, there are two charging points in the garage.`);
    await phone.messages("two charging points", "business").waitFor();
  }
  const gap = page.getByTestId("gap").filter({ hasText: "electric car" });
  await until(
    "the gap to be noticed",
    async () => {
      await page.goto(`${house.console}/settings/knowledge/gaps`);
      await page.getByRole("heading", { name: "Without an answer" }).waitFor();
      return gap.filter({ hasText: "Asked 2 times" }).isVisible();
    },
    60_000,
  );
  await accessible(page, "gaps in the knowledge");
  await gap.getByTestId("gap-write").click();
  await page.getByTestId("gap-sources").getByText("two charging points").first().waitFor();
  const body = await page.getByTestId("article-body").inputValue();
  expect(body).toContain("two charging points in the garage");
  expect(body).not.toMatch(/Nora|Olek/);
  await accessible(page, "an article that begins with what was asked");
  await page.getByTestId("article-publish").click();
  await until("the article to have an address", async () => /knowledge\/ar_/.test(page.url()));
  await page.goto(`${house.console}/settings/knowledge/gaps`);
  // What other guests asked still waits.
  await page.getByTestId("gap").filter({ hasText: "ferry terminal" }).waitFor();
  expect(await gap.count()).toBe(0);
});

journey("what became of a suggestion is noted where it was taken", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);
  const phone = new Phone(await stage.page("phone"));
  await phone.page.goto(`${house.provider.url}/phone`);
  await phone.someoneNew("Nora", "+4915112345678");
  await phone.write("do you have a car park?");
  await desk.open("Nora");
  const suggestion = page.getByTestId("suggestion").filter({ hasText: "behind the house" });
  await suggestion.waitFor();
  const asked = await desk.messages("a car park", "in").getAttribute("data-message");
  await suggestion.getByTestId("suggestion-take").click();
  await until("the field to have it", async () => (await desk.input.inputValue()) !== "");

  // The customer writes on before it is sent.
  const renewed = page.waitForResponse((answer) => answer.url().endsWith("/suggestions"));
  await phone.write("and a ferry?");
  await desk.messages("and a ferry?", "in").waitFor();
  await renewed;
  const told = page.waitForRequest((request) => request.url().endsWith("/suggestion"));
  await desk.input.press("Enter");
  const request = await told;
  expect(request.url()).toContain(`/messages/${asked}/`);
  expect(request.postDataJSON()).toMatchObject({ used: "unchanged" });
});

journey("a list of gaps that does not come can be asked for again", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);
  stage.tolerate(/status of (403|409)/);
  let answer = { status: 409, code: "conflict" };
  await page.route(/\/api\/unanswered\?/, (route) => {
    const { status, code } = answer;
    return route.fulfill({ status, json: { error: { code, message: "", fields: [] } } });
  });
  await page.goto(`${house.console}/settings/knowledge/gaps`);
  const failure = page.getByRole("alert").filter({ hasText: "no longer fits" });
  await failure.waitFor();
  await accessible(page, "gaps that did not come");
  answer = { status: 403, code: "forbidden" };
  await failure.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Only who may read all of them sees this list.").waitFor();
});
