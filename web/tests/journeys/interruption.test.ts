import { expect } from "vitest";
import { install, olivia } from "../harness/install.ts";
import { journey } from "../harness/journey.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";

const maria = "Maria García";

journey("reloads in the middle of writing and of sending", async (stage) => {
  const house = await stage.fresh();
  await install(house);
  const desk = new Desk(await stage.page("desk"));
  const { page } = desk;
  // The reload cuts off what was under way.
  stage.tolerate(/net::ERR_|Failed to fetch/);
  await house.provider.write(maria, "Are you there?");
  await desk.signIn(house.console, olivia);
  await desk.open(maria);

  await desk.quote(desk.messages("Are you there?", "in"));
  await desk.input.fill("Let me look that up");
  await page.reload();
  await until("the draft", async () => (await desk.input.inputValue()) === "Let me look that up");
  await page.getByTestId("composer-quote").getByText("Are you there?").waitFor();
  await desk.input.press("Enter");
  await house.provider.received(maria, "Let me look that up");
  await desk.reaches(desk.messages("Let me look that up", "out"), "delivered");

  // The line is so slow that the page is gone before its message has left.
  const send = /\/api\/conversations\/[^/]+\/messages$/;
  let held = 0;
  let slow = true;
  await page.route(send, async (route) => {
    if (slow && route.request().method() === "POST") held += 1;
    else await route.continue();
  });
  await desk.write("The museum opens at nine");
  await until("the request to be under way", () => held > 0);
  slow = false;
  await page.reload();
  await desk.reaches(desk.messages("The museum opens at nine", "out"), "delivered");
  await page.unroute(send);

  // The server has the message, but the page is gone before it hears so.
  await page.route(send, async (route) => {
    if (route.request().method() === "POST") await route.fetch();
    else await route.continue();
  });
  await desk.write("And closes at six");
  await house.provider.received(maria, "And closes at six");
  await page.unroute(send);
  await page.reload();
  await desk.reaches(desk.messages("And closes at six", "out"), "delivered");
  // The question itself stands twice on the page: as a message, and quoted in its answer.
  await once(desk, ["Let me look that up", "The museum opens at nine", "And closes at six"]);
  const chat = await house.provider.chat(maria);
  expect(chat.map(({ message }) => message.text)).toEqual([
    "Are you there?",
    "Let me look that up",
    "The museum opens at nine",
    "And closes at six",
  ]);
});

journey("the server is killed and started again in the middle of a conversation", async (stage) => {
  const house = await stage.fresh();
  await install(house);
  const desk = new Desk(await stage.page("desk"));
  stage.tolerate(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection/);
  await house.provider.write(maria, "First question");
  await desk.signIn(house.console, olivia);
  await desk.open(maria);
  await desk.write("First answer");
  await desk.reaches(desk.messages("First answer", "out"), "delivered");

  await house.server.stop("SIGKILL");
  await desk.connection("waiting", "offline");
  await desk.page.getByText(/Connection lost/).waitFor();
  // Both write on while nobody is there.
  await house.provider.write(maria, "Second question");
  await desk.write("Second answer");
  await desk.messages("Second answer", "out").getByText("No connection").waitFor();
  house.server.start();
  await desk.online();
  await desk.messages("Second question", "in").waitFor();
  await desk.reaches(desk.messages("Second answer", "out"), "delivered");

  // Killed with deliveries and answers under way, again and again.
  for (const round of ["Third", "Fourth"]) {
    await house.provider.write(maria, `${round} question`);
    await desk.write(`${round} answer`);
    await house.server.stop("SIGKILL");
    await desk.connection("waiting", "offline");
    house.server.start();
    await desk.online();
  }
  const said = ["First", "Second", "Third", "Fourth"].flatMap((n) => [`${n} question`, `${n} answer`]);
  for (const text of said) await desk.messages(text).waitFor();
  const unsure = new Set<string>();
  for (const text of said.filter((one) => one.endsWith("answer"))) {
    const answer = desk.messages(text, "out");
    // Who dies in the middle of the one call cannot know whether it arrived: it is told so, and never sent again by itself.
    await desk.reaches(answer, "delivered", "read", "uncertain");
    const status = answer.getByTestId("message-status");
    if ((await status.getAttribute("data-status")) === "uncertain") unsure.add(text);
  }
  await once(desk, said);
  await desk.page.reload();
  await desk.messages(said.at(-1)).waitFor();
  await once(desk, said);
  const chat = await house.provider.chat(maria);
  for (const text of said) {
    const { length } = chat.filter(({ message }) => message.text === text);
    expect(length, `the customer sees “${text}” once`).toBeLessThanOrEqual(1);
    if (!unsure.has(text)) expect(length, `the customer sees “${text}”`).toBe(1);
  }
});

/** Every text stands in the thread exactly once. */
async function once(desk: Desk, texts: string[]) {
  for (const text of texts) expect(await desk.messages(text).count(), `“${text}” stands once`).toBe(1);
}
