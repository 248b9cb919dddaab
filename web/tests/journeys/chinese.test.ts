import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { chineseOnly } from "../harness/language.ts";
import { Desk } from "../pages/desk.ts";
import { Phone } from "../pages/phone.ts";

journey("a conversation in Chinese", async (stage) => {
  const house = await stage.demo();
  const desk = new Desk(await stage.page("desk", { locale: "zh-CN", timezoneId: "Asia/Shanghai" }));
  const phone = new Phone(await stage.page("phone"));
  const { page } = desk;
  const seen = async (state: string) => {
    await chineseOnly(page, state);
    await accessible(page, state);
  };
  await page.goto(house.console);
  await page.getByTestId("sign-in").waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
  await seen("sign-in");
  await desk.signIn(house.console, house.wei);
  await phone.be(house.provider.url, "李伟");
  await desk.view("all");
  await seen("list");
  await desk.open("李伟");
  await phone.write("请问可以延迟退房吗？");
  await desk.messages("请问可以延迟退房吗？", "in").waitFor();

  await desk.quote(desk.messages("请问可以延迟退房吗？", "in"));
  await desk.write("可以的，最晚到下午两点。");
  await desk.reaches(desk.messages("可以的，最晚到下午两点。", "out"), "read");
  await phone.messages("可以的，最晚到下午两点。", "business").locator("blockquote").waitFor();
  await phone.react(phone.messages("可以的，最晚到下午两点。", "business"), "👍");
  await desk.messages("可以的，最晚到下午两点。", "out").getByText("👍").waitFor();
  await desk.messages("可以的，最晚到下午两点。", "out").getByTestId("message-status").click();
  await seen("thread with times of delivery");
  await page.keyboard.press("Escape");

  // A failure is explained in Chinese.
  await house.provider.failNext({ kind: "refuse", code: 131026 });
  await desk.write("房间在三楼。");
  const failed = desk.messages("房间在三楼。", "out");
  await desk.reaches(failed, "failed");
  await failed.getByText("WhatsApp").waitFor();
  await seen("failed message");
  await failed.getByTestId("message-retry").click();
  await desk.reaches(failed, "read");

  await page.getByTestId("tab-note").click();
  await seen("note");
  await desk.write("会员，安静楼层");
  await page.getByTestId("tab-reply").click();
  await page.getByTestId("assign-me").click();
  await page.getByTestId("assign-me").waitFor({ state: "detached" });
  await page.getByTestId("snooze").click();
  await seen("menu of times");
  await page.keyboard.press("Escape");
  await page.getByTestId("composer-emoji").click();
  await page.getByRole("dialog").getByText("😀").waitFor();
  await seen("emoji picker");
  await page.keyboard.press("Escape");
  await page.getByTestId("resolve").click();
  await page.getByTestId("reopen").waitFor();
  await seen("resolved conversation");

  // Every page of the settings that this agent is offered.
  await page.goto(`${house.console}/settings`);
  const links = page.getByRole("navigation").last().getByRole("link");
  await links.first().waitFor();
  for (const link of await links.all()) {
    await link.click();
    await page.getByRole("main").getByRole("heading").first().waitFor();
    await chineseOnly(page, page.url());
  }
});
