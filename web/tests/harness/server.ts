import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { freePort } from "./program.ts";

/** Answers with a JSON document. */
export type Json = (value: object, status?: number) => ServerResponse;

/** A server of somebody else, on a port of its own. */
export abstract class LocalServer {
  #server: Server | null = null;
  #port = 0;

  /** Its address without the scheme. */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start() {
    this.#port = await freePort();
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (piece) => {
        body += piece;
      });
      const json: Json = (value, status = 200) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
      request.on("end", () => void this.answer(request, body, response, json));
    });
    await new Promise<void>((done) => this.#server?.listen(this.#port, "127.0.0.1", done));
  }

  async stop() {
    this.#server?.closeAllConnections();
    await new Promise((done) => this.#server?.close(done));
  }

  protected abstract answer(
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
    json: Json,
  ): unknown;
}
