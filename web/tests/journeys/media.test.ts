import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { picture } from "../harness/files.ts";
import { journey } from "../harness/journey.ts";
import { decode, decodedWidth } from "../harness/sound.ts";
import { until } from "../harness/until.ts";
import { Desk } from "../pages/desk.ts";
import { Phone } from "../pages/phone.ts";

journey("pictures and voice in both directions", async (stage) => {
  const house = await stage.demo();
  const [desk, phone] = [new Desk(await stage.page("desk")), new Phone(await stage.page("phone"))];
  await desk.signIn(house.console, house.owner);
  await phone.be(house.provider.url, "Maria");
  await desk.open("Maria");

  // A picture of the customer: its thumbnail, then large.
  await phone.picture(picture(640, 400));
  const thumbnail = desk.page.locator('[data-direction="in"][data-kind="image"] img');
  await until("the thumbnail", () => decodedWidth(thumbnail));
  await desk.page.getByRole("button", { name: "Open photo" }).click();
  const viewer = desk.page.getByRole("dialog");
  await until("the picture in full", async () => (await decodedWidth(viewer.locator("img"))) === 640);
  await accessible(desk.page, "picture viewer");
  await desk.page.keyboard.press("Escape");
  await viewer.waitFor({ state: "hidden" });

  // A voice message of the customer: heard to its end.
  await phone.voice(2);
  const heard = desk.page.locator('[data-direction="in"][data-kind="audio"]');
  const sound = await until("the customer's voice", () => decode(heard.locator("audio")));
  expect(sound.length).toBeGreaterThan(1);
  expect(sound.loudest, "the fake microphone beeps").toBeGreaterThan(0.01);
  await heard.getByRole("button", { name: "Play" }).click();
  await until("the voice to be played", () =>
    heard.locator("audio").evaluate((audio: HTMLAudioElement) => audio.currentTime > 0.3 || audio.ended),
  );
  await accessible(desk.page, "thread with picture and voice");

  // Pictures of the agent: one dropped, one attached with words.
  await desk.drop("dropped.png", "image/png", picture(500, 300));
  await desk.page.getByRole("button", { name: "Remove dropped.png" }).waitFor();
  await accessible(desk.page, "attached file");
  await desk.page.getByTestId("composer-send").click();
  await until("the dropped picture on the phone", async () =>
    (
      await phone
        .messages(undefined, "business")
        .locator("img")
        .evaluateAll((all: HTMLImageElement[]) => all.map((image) => image.naturalWidth))
    ).includes(500),
  );
  await desk.attach("attached.png", "image/png", picture(420, 300));
  await desk.write("The view from your room");
  const captioned = phone.messages("The view from your room", "business");
  await until(
    "the attached picture on the phone",
    async () => (await decodedWidth(captioned.locator("img"))) === 420,
  );

  // A voice message of the agent: Ogg with Opus on the phone, as the provider wants it.
  await desk.voice(2);
  const arrived = phone.messages(undefined, "business").locator("audio");
  const voice = await until("the agent's voice on the phone", () => decode(arrived));
  expect(voice.length).toBeGreaterThan(1);
  expect(voice.loudest).toBeGreaterThan(0.01);
  const chat = await house.provider.chat("Maria García");
  const sent = chat.findLast(({ message }) => message.side === "business" && message.kind === "audio");
  expect(sent?.file?.mime).toMatch(/^audio\/ogg/);
  expect(sent?.message.raw.audio, "it is marked as a voice note").toMatchObject({ voice: true });
  await desk.row("Maria").getByText("Voice message").waitFor();
  await desk.reaches(desk.page.locator('[data-direction="out"][data-kind="audio"]'), "read", "played");
  await arrived.evaluate((audio: HTMLAudioElement) => audio.play());
  await desk.reaches(desk.page.locator('[data-direction="out"][data-kind="audio"]'), "played");
  await accessible(phone.page, "phone with picture and voice");
});
