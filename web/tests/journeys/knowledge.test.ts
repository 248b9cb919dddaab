import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";

journey("an answer is written, found while writing, and read by everybody", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);

  await page.goto(`${house.console}/settings/knowledge`);
  await accessible(page, "knowledge");
  await page.getByRole("button", { name: "New article" }).click();
  await page.getByTestId("article-title").fill("When is breakfast?");
  await page.getByTestId("article-body").fill("From **seven** to ten, on Sundays until eleven.");
  await accessible(page, "a new answer");
  await page.getByTestId("article-publish").click();
  await until("the answer to have an address", async () => !page.url().endsWith("/new"));
  await page.goto(`${house.console}/settings/knowledge`);
  await page.getByTestId("articles").getByText("When is breakfast?").waitFor();
  await page.getByTestId("knowledge-ask").fill("at what time can I have breakfast");
  await page.getByTestId("found").getByText("From seven to ten").waitFor();
  await accessible(page, "what was found");

  // While writing to a customer.
  await page.goto(`${house.console}/inbox/all`);
  await page.getByTestId("conversation-row").first().click();
  await page.getByTestId("composer-knowledge").click();
  await page.getByTestId("composer-knowledge-ask").fill("breakfast");
  await page.getByTestId("found").getByRole("button", { name: "Insert" }).click();
  await until("the answer to stand in the field", async () =>
    (await desk.input.inputValue()).includes("From seven to ten, on Sundays until eleven."),
  );

  await page.goto(`${house.console}/settings/help-centre`);
  const link = page.getByRole("link", { name: /\/help\// });
  await link.waitFor();
  await accessible(page, "help centre settings");
  const address = (await link.getAttribute("href")) ?? "";

  // A visitor with a phone, who is not signed in.
  const visitor = await stage.page("visitor", { viewport: { width: 390, height: 780 } });
  await visitor.goto(address);
  await accessible(visitor, "help centre on a phone");
  await visitor.getByRole("searchbox").fill("breakfast on sunday");
  await visitor.keyboard.press("Enter");
  await visitor.getByRole("link", { name: "When is breakfast?" }).click();
  await visitor.getByText("From seven to ten, on Sundays until eleven.").waitFor();
  await visitor.getByRole("button", { name: "Yes" }).click();
  await visitor.getByText("Thank you.").waitFor();
  await accessible(visitor, "an article on a phone");
  expect(await visitor.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

journey("a table becomes answers, and the same table nothing more", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);
  const table =
    "question,answer,category\nWhere is the pool?,On the roof.,House\nIs there parking?,Behind the house.,House\n";
  const handIn = async () => {
    await page.goto(`${house.console}/settings/knowledge/import`);
    await page
      .locator('input[type="file"]')
      .setInputFiles({ name: "answers.csv", mimeType: "text/csv", buffer: Buffer.from(table) });
    await page.getByTestId("import-counts").waitFor();
  };

  await page.goto(`${house.console}/settings/knowledge`);
  await page.getByTestId("import").click();
  await accessible(page, "where knowledge is taken from");
  await handIn();
  await page.getByTestId("import-items").getByText("Where is the pool?").waitFor();
  await accessible(page, "what an import would do");

  // Read again with the columns the other way round, so quickly that nobody sees it read.
  const role = (column: string) => page.getByRole("combobox", { name: column, exact: true });
  const swap = async (question: string, answer: string) => {
    for (const [column, what] of [
      ["question", question],
      ["answer", answer],
    ] as const) {
      await role(column).click();
      await page.getByRole("option", { name: what, exact: true }).click();
    }
    await page.getByTestId("import-map").click();
  };
  await page.route(/\/api\/imports\/[^/]+$/, async (route) => {
    if (route.request().method() === "GET") await page.waitForTimeout(1_500);
    await route.continue();
  });
  await swap("Answer", "Question");
  await page.getByTestId("import-items").locator("strong").getByText("On the roof.").waitFor();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await swap("Question", "Answer");
  await page.getByTestId("import-items").locator("strong").getByText("Where is the pool?").waitFor();
  await page.getByTestId("import-apply").click();
  await page.getByTestId("import-apply").waitFor({ state: "detached" });
  await page.goto(`${house.console}/settings/knowledge`);
  await page.getByTestId("articles").getByText("Is there parking?").waitFor();

  await handIn();
  await page.getByTestId("import-counts").getByText("2").first().waitFor();
  await page.goto(`${house.console}/settings/knowledge`);
  await page.getByTestId("articles").getByText("Is there parking?").waitFor();
  expect(await page.getByTestId("articles").getByText("Where is the pool?").count()).toBe(1);
});
