import { accessible } from "../harness/axe.ts";
import { journey } from "../harness/journey.ts";
import { Desk } from "../pages/desk.ts";
import { Phone } from "../pages/phone.ts";

journey("a second agent sees the same live; signing out everywhere ends every session", async (stage) => {
  const house = await stage.demo();
  const owner = new Desk(await stage.page("owner"));
  const ana = new Desk(await stage.page("ana"));
  const anaElsewhere = new Desk(await stage.page("ana-elsewhere"));
  const phone = new Phone(await stage.page("phone"));
  await owner.signIn(house.console, house.owner);
  await ana.signIn(house.console, house.ana);
  await anaElsewhere.signIn(house.console, house.ana);
  await phone.be(house.provider.url, "李伟");
  await owner.open("李伟");
  await ana.open("李伟");
  await anaElsewhere.open("李伟");

  await phone.write("在吗？");
  for (const desk of [owner, ana, anaElsewhere]) await desk.messages("在吗？", "in").waitFor();

  // While one writes, the others see it, and the customer sees that somebody does.
  await owner.input.pressSequentially("在的，", { delay: 30 });
  await ana.page.getByText("Demo is writing").waitFor();
  await accessible(ana.page, "a colleague is writing");
  await phone.page.getByTestId("phone-presence").getByText("typing").waitFor();
  await owner.write("在的，请稍等。");
  for (const desk of [ana, anaElsewhere]) {
    await desk.messages("在的，请稍等。", "out").waitFor();
    await desk.reaches(desk.messages("在的，请稍等。", "out"), "read");
  }

  // What one does with the conversation the others see, too.
  await ana.page.getByTestId("assign-me").click();
  await owner.messages("在的，请稍等。").waitFor();
  await owner.page.getByRole("button", { name: "Assigned to Ana, change" }).waitFor();
  await ana.note("Wants a late checkout");
  await owner.messages("Wants a late checkout", "note").waitFor();
  await owner.react(owner.messages("在吗？", "in"), "🙏");
  await ana.messages("在吗？", "in").getByRole("button", { name: "Take back 🙏" }).waitFor();

  await ana.page.goto(`${house.console}/settings/profile`);
  await accessible(ana.page, "profile and sessions");
  await ana.page.getByRole("button", { name: "Sign out everywhere" }).click();
  for (const desk of [ana, anaElsewhere]) await desk.page.getByTestId("sign-in").waitFor();
  await owner.online();
  await owner.row("李伟").waitFor();
});
