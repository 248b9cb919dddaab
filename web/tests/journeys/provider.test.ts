import { expect } from "vitest";
import { accessible } from "../harness/axe.ts";
import { Identity } from "../harness/identity.ts";
import { journey } from "../harness/journey.ts";
import { Desk } from "../pages/desk.ts";

const zoe = {
  sub: "zoe-1",
  email: "zoe@example.com",
  email_verified: true,
  name: "Zoe Zhang",
  groups: ["support"],
};

journey("a provider of identity is set up, lets in whom its groups let in, and is linked", async (stage) => {
  const identity = new Identity(zoe);
  await identity.start();
  try {
    const house = await stage.demo({ BELLHOP_EGRESS__ALLOW: `["${identity.host}"]` });
    const owner = new Desk(await stage.page("owner"));
    await owner.signIn(house.console, house.owner);
    const { page } = owner;
    await page.goto(`${house.console}/settings/sign-in`);
    await page.getByTestId("new-provider").click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Company");
    await page.getByRole("textbox", { name: "Issuer" }).fill(identity.issuer);
    await page.getByRole("textbox", { name: "Client ID" }).fill("bellhop");
    await page.getByRole("switch", { name: "Make accounts for people who have none here" }).click();
    await page.getByRole("button", { name: "Add a group" }).click();
    await page.getByRole("textbox", { name: "Group", exact: true }).fill("support");
    await accessible(page, "a new provider");
    await page.getByTestId("save-provider").click();
    await page.getByTestId("test-provider").click();
    await page.getByText("works", { exact: true }).waitFor();
    await accessible(page, "providers");

    // What it may be asked for, and where it says that somebody has signed out there.
    await page.getByRole("button", { name: "Edit Company" }).click();
    const over = await page.getByTestId("sign-out-url").inputValue();
    expect(over).toMatch(/^http.*\/hooks\/providers\/pv_[0-9a-z]+\/sign-out$/);
    await page.getByRole("textbox", { name: "Ways of signing in that are asked for" }).fill("phr phrh");
    await page.getByTestId("max-age").fill("60");
    await accessible(page, "a provider that is asked for more");
    await page.getByRole("button", { name: "Cancel" }).click();

    // Somebody new comes through it and has the role of the group.
    const door = await stage.page("zoe");
    await door.goto(`${house.console}/settings/profile`);
    await door.getByRole("button", { name: "Continue with Company" }).click();
    await door.getByRole("link", { name: "Sign in" }).click();
    await door.waitForURL(`${house.console}/settings/profile`);
    await door.getByText(/^linked /).waitFor();
    expect(await door.getByRole("textbox", { name: "Your name" }).inputValue()).toBe("Zoe Zhang");
    await accessible(door, "accounts elsewhere");

    // What is not there any more is said in words, and the address keeps nothing of what came.
    identity.claims = { ...zoe, groups: [] };
    const again = await stage.page("again", { locale: "zh-CN" });
    stage.tolerate(/status of 401/);
    await again.goto(`${house.console}/sign-in`);
    await again.getByTestId("with-provider").click();
    await again.getByRole("link", { name: "Sign in" }).click();
    await again.getByRole("alert").getByText("您在提供方所属的群组均无权访问此处").waitFor();
    expect(again.url()).toBe(`${house.console}/sign-in/provider`);
    await accessible(again, "refused by a provider");

    // The owner links an account of their own.
    identity.claims = { ...zoe, sub: "boss-1", email: "boss@example.com", groups: ["support"] };
    await page.goto(`${house.console}/settings/profile`);
    await page.getByTestId("link-provider").click();
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByText("Account linked").waitFor();
    await page.getByText(/^linked /).waitFor();
  } finally {
    await identity.stop();
  }
});
