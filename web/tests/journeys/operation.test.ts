import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { simulated } from "../harness/provider.ts";
import { until } from "../harness/until.ts";
import { deliver, textDelivery } from "../harness/webhook.ts";
import { Desk } from "../pages/desk.ts";

journey("a delivery that could not be applied calls, is read, and is replayed", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  await desk.signIn(house.console, house.owner);
  const agent = new Desk(await stage.page("agent"));
  await agent.signIn(house.console, house.ana);

  await page.goto(`${house.console}/settings/operation`);
  await page.getByTestId("all-well").waitFor();
  await page.getByText("Nothing is parked").waitFor();
  await page.getByTestId("inbox-tile").filter({ hasText: "Harbour Hotel" }).waitFor();
  await accessible(page, "operation, all well");

  // Somebody wrote to a number that nobody has connected yet; and something came that is nothing at all.
  await page.goto(`${house.console}/inbox/all`);
  const { webhook } = await house.provider.state();
  const other = "105550100199777";
  const greta = { wa_id: "4915550001111", name: "Greta Early" };
  const text = { id: "wamid.SEFTIEJFRU4gRUFSTFk=", body: "Is this the new number?" };
  await deliver(webhook.url ?? "", textDelivery(greta, text, other));
  await deliver(webhook.url ?? "", '{"object": <script>alert(1)</script>');
  await page.getByTestId("alarm-badge").waitFor();
  await accessible(page, "inbox with an alarm");
  await page.getByRole("link", { name: "Settings, 1 alarm" }).click();
  await page.getByRole("link", { name: /^Operation/ }).click();

  const alarm = page.getByTestId("alarm");
  await alarm.getByText("Deliveries could not be read").waitFor();
  const parked = page.getByTestId("parked");
  await until("both to be listed", async () => (await parked.count()) === 2);
  await accessible(page, "operation with an alarm");
  const unknown = parked.filter({ hasText: other });
  await unknown.getByRole("button", { name: "View" }).click();
  const body = page.getByRole("dialog").getByLabel("Raw delivery");
  await until("the body", async () => (await body.inputValue()).includes("Is this the new number?"));
  await accessible(page, "body of a parked delivery");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });

  // The cause is mended: the number is connected.
  const { phone_number_id: _, ...account } = simulated;
  const config = { ...account, phone_number_id: other, graph_url: house.provider.url };
  const made = await page.request.post(`${house.console}/api/inboxes`, {
    data: { kind: "whatsapp", name: "Second number", config },
    headers: { origin: house.console },
  });
  expect(made.status()).toBe(201);
  await unknown.getByRole("button", { name: "Replay" }).click();
  await until("it to be applied", async () => (await parked.count()) === 1);

  // The other is as broken as before: it is tried, and comes back.
  const broken = parked.filter({ hasText: "cannot read" });
  await broken.getByRole("button", { name: "View" }).click();
  await until("the body", async () => (await body.inputValue()).includes("<script>alert(1)</script>"));
  await page.getByRole("dialog").getByRole("button", { name: "Replay" }).click();
  await broken.waitFor();

  expect(await agent.page.getByTestId("alarm-badge").count(), "an agent is not called").toBe(0);
  await agent.page.goto(`${house.console}/settings/operation`);
  await until("the page to be left", async () => !agent.page.url().endsWith("/operation"));

  await page.goto(`${house.console}/inbox/all`);
  await desk.open("Greta Early");
  await desk.messages("Is this the new number?", "in").waitFor();
});
