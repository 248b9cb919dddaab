import { createHmac } from "node:crypto";
import { expect } from "vitest";
import { simulated } from "./provider.ts";

/** Posts a delivery to a callback address, signed as the provider signs. */
export async function deliver(url: string, body: string) {
  const signature = createHmac("sha256", simulated.app_secret).update(body).digest("hex");
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-hub-signature-256": `sha256=${signature}` },
    body,
  });
  expect(answer.status).toBe(200);
}

/** A text that somebody wrote to a number, by default to the simulated one. */
export function textDelivery(
  from: { wa_id: string; name: string },
  text: { id: string; body: string; timestamp?: number },
  phone_number_id = simulated.phone_number_id,
): string {
  const message = {
    from: from.wa_id,
    id: text.id,
    timestamp: String(text.timestamp ?? Math.floor(Date.now() / 1000)),
    type: "text",
    text: { body: text.body },
  };
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550100199", phone_number_id },
    contacts: [{ profile: { name: from.name }, wa_id: from.wa_id }],
    messages: [message],
  };
  const entry = [{ id: simulated.waba_id, changes: [{ field: "messages", value }] }];
  return JSON.stringify({ object: "whatsapp_business_account", entry });
}
