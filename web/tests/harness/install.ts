import { expect } from "vitest";
import { ask } from "./ask.ts";
import type { Fresh, Person } from "./house.ts";
import { simulated } from "./provider.ts";

export const olivia: Person = { email: "olivia@harbour.example", password: "a long enough password" };

/** Brings a fresh installation by its API to where the first start's journey ends: an owner and a connected number. */
export async function install(house: Fresh): Promise<void> {
  const token = house.setupLink.split("#token=")[1];
  const owner = { token, workspace_name: "Harbour Hotel", name: "Olivia", locale: "en", ...olivia };
  const answer = await fetch(`${house.console}/api/setup`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: house.console },
    body: JSON.stringify(owner),
  });
  expect(answer.status, await answer.text()).toBe(201);
  const cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  const config = { ...simulated, graph_url: house.provider.url };
  const inbox = await ask<{ callback_url: string; verify_token: string }>(
    "POST",
    `${house.console}/api/inboxes`,
    { kind: "whatsapp", name: "Reception", config },
    { cookie, origin: house.console },
  );
  await house.provider.subscribe(simulated, inbox.callback_url, inbox.verify_token);
}
