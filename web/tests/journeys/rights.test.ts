import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";

journey("a role and a team decide who sees what; an owner sees as a colleague", async (stage) => {
  const house = await stage.demo();
  const owner = new Desk(await stage.page("owner"));
  const ana = new Desk(await stage.page("ana"));
  await owner.signIn(house.console, house.owner);
  await ana.signIn(house.console, house.ana);
  const { page } = owner;
  const settings = (name: string) => page.goto(`${house.console}/settings/${name}`);

  // A role that sees what its teams have, and no names.
  await settings("roles");
  await page.getByRole("button", { name: "New role" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Helper");
  await page.getByRole("checkbox", { name: "Names of customers" }).click();
  await page.getByRole("checkbox", { name: "See colleagues" }).click();
  await page.getByRole("checkbox", { name: "See customers" }).click();
  await page.getByRole("checkbox", { name: "See inboxes" }).click();
  await accessible(page, "a new role");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Helper").waitFor();
  await accessible(page, "roles");

  await settings("teams");
  await page.getByRole("button", { name: "New team" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Night");
  await page.getByRole("combobox", { name: "People" }).click();
  await page.getByRole("option", { name: "Ana" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Night").waitFor();
  await accessible(page, "teams");

  await settings("people");
  await page.getByRole("button", { name: "Actions for Ana" }).click();
  await page.getByRole("menuitem", { name: "Make Helper" }).click();
  await page.getByText("Helper").waitFor();

  // She keeps her own conversation; what is given to the team comes to it, both without the customer's name.
  await ana.page.goto(house.console);
  await ana.view("all");
  await ana.online();
  await ana.row("•••").waitFor();
  expect(await ana.page.getByTestId("conversation-row").count()).toBe(1);
  await page.goto(house.console);
  await owner.open("李伟");
  await page.getByTestId("assign").click();
  await page.getByRole("menuitem", { name: "Night" }).click();
  await until("both to be shown", async () => (await ana.row("•••").count()) === 2);
  expect(await ana.page.getByText("李伟").count()).toBe(0);

  // Through her eyes the owner sees no more, and writes nothing.
  await settings("people");
  await page.getByRole("button", { name: "Actions for Ana" }).click();
  await page.getByRole("menuitem", { name: "See as this person" }).click();
  await page.getByTestId("view-banner").waitFor();
  await owner.view("all");
  await until("both to be shown", async () => (await owner.row("•••").count()) === 2);
  expect(await page.getByTestId("conversation-row").count()).toBe(2);
  await accessible(page, "seen as a colleague");
  await page.getByRole("button", { name: "Back to myself" }).click();
  // It leads back to where people are.
  await page.getByRole("button", { name: "Actions for Ana" }).waitFor();
  expect(await page.getByTestId("view-banner").count()).toBe(0);

  await settings("audit");
  await page.getByTestId("audit-entries").getByText("Began to see as a colleague").waitFor();
  await page.getByRole("button", { name: "Check the chain" }).click();
  await page.getByTestId("audit-verified").getByText("nothing missing or changed").waitFor();
  await accessible(page, "audit");
});
