import { ask } from "./ask.ts";
import { until } from "./until.ts";

/** What the provider was told to do to coming requests. */
export type Effect =
  | { kind: "refuse" | "fail_later"; code: number }
  | { kind: "server_error" | "hang" | "cut" | "lose_response" | "status_first" };

export interface ChatEntry {
  message: {
    wamid: string;
    side: "business" | "customer";
    kind: string;
    text: string | null;
    state: string;
    reaction: string | null;
    quoted: string | null;
    /** The message as it was posted to the provider, or by it. */
    raw: Record<string, unknown>;
  };
  file: { url: string; mime: string; size: number } | null;
}

interface State {
  customers: { profile: { id: number; name: string }; typing: boolean }[];
  webhook: { url: string | null };
  violations: { request: string; detail: string }[];
  requests: Record<string, number>;
}

/** The control API of the simulated provider: what only the provider's side can know or do. */
export class Provider {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return ask(method, this.url + path, body);
  }

  state(): Promise<State> {
    return this.#ask("GET", "/sim/state");
  }

  /** The number under which the control API knows a customer. */
  async customer(name: string): Promise<number> {
    const found = (await this.state()).customers.find((one) => one.profile.name === name);
    if (!found) throw new Error(`the provider has no customer ${name}`);
    return found.profile.id;
  }

  async chat(name: string): Promise<ChatEntry[]> {
    const { messages } = await this.#ask<{ messages: ChatEntry[] }>(
      "GET",
      `/sim/customers/${await this.customer(name)}/chat`,
    );
    return messages;
  }

  /** The business's message with this text, once it came. */
  async received(name: string, text: string): Promise<ChatEntry["message"]> {
    const entry = await until(`${name} to receive “${text}”`, async () =>
      (await this.chat(name)).find(({ message }) => message.side === "business" && message.text === text),
    );
    return entry?.message as ChatEntry["message"];
  }

  /** The customer writes from elsewhere than the phone page. */
  async write(name: string, text: string) {
    await this.#ask("POST", `/sim/customers/${await this.customer(name)}/messages`, {
      message: { type: "text", text },
    });
  }

  /** The next messages of the business suffer `effect`. */
  failNext(effect: Effect, times = 1) {
    return this.#ask("POST", "/sim/faults", { on: "send", times, effect });
  }

  /** Deliveries go to another address from now on; those that were not taken are repeated there. */
  deliverTo(url: string) {
    return this.#ask("PUT", "/sim/webhook", { url });
  }

  advance(seconds: number) {
    return this.#ask("POST", "/sim/clock", { advance_seconds: seconds });
  }

  /** What a provider's app page does with the callback address: the handshake, and then deliveries go there. */
  subscribe(account: Account, callback: string, verifyToken: string) {
    return ask(
      "POST",
      `${this.url}/v23.0/${account.waba_id}/subscribed_apps`,
      { override_callback_uri: callback, verify_token: verifyToken },
      { authorization: `Bearer ${account.access_token}` },
    );
  }
}

/** The account of the simulated number, as its provider would show it. */
export interface Account {
  phone_number_id: string;
  waba_id: string;
  access_token: string;
  app_secret: string;
}

export const simulated: Account = {
  phone_number_id: "105550100199001",
  waba_id: "205550100199001",
  access_token: "simulated-access-token",
  app_secret: "simulated-app-secret",
};
