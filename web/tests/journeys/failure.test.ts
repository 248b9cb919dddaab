import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { deliver, textDelivery } from "../harness/webhook.ts";
import { Desk } from "../pages/desk.ts";

journey(
  "a failure is explained and retried; an uncertain message is settled by its status",
  async (stage) => {
    const house = await stage.demo();
    const desk = new Desk(await stage.page("desk"));
    await desk.signIn(house.console, house.owner);
    await desk.open("Maria");

    await house.provider.failNext({ kind: "refuse", code: 131026 });
    await desk.write("Your room is ready");
    const failed = desk.messages("Your room is ready", "out");
    await desk.reaches(failed, "failed");
    await failed.getByText("It cannot be delivered to this person.").waitFor();
    await accessible(desk.page, "failed message");
    await failed.getByTestId("message-retry").click();
    await desk.reaches(failed, "delivered");
    await house.provider.received("Maria García", "Your room is ready");

    // The answer is lost after the provider took the message, and its statuses cannot come yet.
    const { webhook } = await house.provider.state();
    await house.provider.deliverTo("http://127.0.0.1:9/closed");
    await house.provider.failNext({ kind: "lose_response" });
    await desk.write("Checkout is at noon");
    const lost = desk.messages("Checkout is at noon", "out");
    await desk.reaches(lost, "uncertain");
    await lost.getByText(/it may have arrived/).waitFor();
    await accessible(desk.page, "uncertain message");
    await house.provider.deliverTo(webhook.url ?? "");
    await desk.reaches(lost, "delivered");
    const chat = await house.provider.chat("Maria García");
    expect(chat.filter(({ message }) => message.text === "Checkout is at noon")).toHaveLength(1);
  },
);

journey("the closed window: the composer refuses, the provider's refusal is explained", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk"));
  await desk.signIn(house.console, house.owner);

  // A delivery that comes late: its message is older than the window.
  const { webhook } = await house.provider.state();
  const late = {
    id: "wamid.SEFTIEJFRU4gTEFURQ==",
    body: "Hello from yesterday",
    timestamp: Math.floor(Date.now() / 1000) - 25 * 3600,
  };
  await deliver(webhook.url ?? "", textDelivery({ wa_id: "4915550001111", name: "Greta Late" }, late));
  await desk.open("Greta Late");
  await desk.messages("Hello from yesterday", "in").waitFor();
  await desk.page.getByTestId("composer-closed").waitFor();
  expect(await desk.input.count(), "nothing can be written").toBe(0);
  await accessible(desk.page, "closed window");
  await desk.page.getByRole("button", { name: "Write a note instead" }).click();
  await desk.write("Call her");
  await desk.messages("Call her", "note").waitFor();

  // Here the window seems open, yet the provider's clock has moved on.
  await house.provider.advance(25 * 3600);
  await desk.open("Maria");
  await desk.write("Are you still there?");
  const refused = desk.messages("Are you still there?", "out");
  await desk.reaches(refused, "failed");
  await refused.getByText("More than 24 hours have passed since the customer last wrote.").waitFor();
  expect(await refused.getByTestId("message-retry").count(), "trying again is pointless").toBe(0);
});
