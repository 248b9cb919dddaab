import type { IncomingMessage, ServerResponse } from "node:http";
import { type Json, LocalServer } from "./server.ts";

/** What a model is asked about: a question with passages, or a text. */
export interface Asked {
  question?: string;
  language?: string;
  passages?: { number: number; title: string; text: string }[];
  text?: string;
  to?: string;
}

interface Chat {
  stream?: boolean;
  messages: { role: string; content: string }[];
}

/** A server that speaks as OpenAI's API does and says what it is told to. */
export class ModelServer extends LocalServer {
  /** What is to be shown to it. */
  readonly key = "sk-journey";
  /** What it was asked, the newest last. */
  readonly asked: Asked[] = [];
  /** What it replies; what it throws becomes its refusal. */
  says: (asked: Asked) => object | Promise<object> = () => ({});

  /** Where the paths of the API begin. */
  get address(): string {
    return `http://${this.host}/v1`;
  }

  protected async answer(request: IncomingMessage, body: string, response: ServerResponse, json: Json) {
    if (request.headers.authorization !== `Bearer ${this.key}`)
      return json({ error: { message: "no such key" } }, 401);
    if (request.url === "/v1/models") return json({ data: [{ id: "small" }, { id: "large" }] });
    if (request.url === "/v1/embeddings") return json(embeddings(JSON.parse(body) as { input: string[] }));
    if (request.url !== "/v1/chat/completions") return json({ error: { message: "no such path" } }, 404);
    const chat = JSON.parse(body) as Chat;
    const asked = JSON.parse(chat.messages.at(-1)?.content ?? "{}") as Asked;
    this.asked.push(asked);
    try {
      this.#reply(JSON.stringify(await this.says(asked)), chat.stream === true, response, json);
    } catch (error) {
      json({ error: { message: String(error) } }, 500);
    }
  }

  #reply(content: string, streams: boolean, response: ServerResponse, json: Json) {
    const usage = { total_tokens: 100 };
    if (!streams) {
      json({ choices: [{ message: { role: "assistant", content } }], usage });
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const event = (value: object) => response.write(`data: ${JSON.stringify(value)}\n\n`);
    for (const piece of content.match(/.{1,7}/gsu) ?? []) event({ choices: [{ delta: { content: piece } }] });
    event({ choices: [], usage });
    response.end("data: [DONE]\n\n");
  }
}

/** Texts with the same letters point the same way; that is enough to be told from those with others. */
function embeddings({ input }: { input: string[] }) {
  const of = (text: string) => {
    const direction = new Array<number>(26).fill(0.1);
    for (const letter of text.toLowerCase()) {
      const place = letter.charCodeAt(0) - 97;
      if (place >= 0 && place < 26) direction[place] = (direction[place] ?? 0) + 1;
    }
    return direction;
  };
  const data = input.map((text, index) => ({ index, embedding: of(text) }));
  return { data, usage: { total_tokens: 5 * input.length } };
}
