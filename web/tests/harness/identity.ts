import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Json, LocalServer } from "./server.ts";

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A provider of identity (OpenID Connect) with a page of its own, at which one person can sign in. */
export class Identity extends LocalServer {
  /** What stands in its tokens about the person. */
  claims: Record<string, unknown>;
  readonly #keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  readonly #codes = new Map<string, URLSearchParams>();

  constructor(claims: Record<string, unknown>) {
    super();
    this.claims = claims;
  }

  get issuer(): string {
    return `http://${this.host}`;
  }

  protected answer(request: IncomingMessage, body: string, response: ServerResponse, json: Json) {
    const url = new URL(request.url ?? "/", this.issuer);
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return json({
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          jwks_uri: `${this.issuer}/keys`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
        });
      case "/keys":
        return json({
          keys: [{ ...this.#keys.publicKey.export({ format: "jwk" }), kid: "k", use: "sig", alg: "RS256" }],
        });
      case "/favicon.ico":
        return response.writeHead(204).end();
      case "/authorize":
        return this.#page(url.searchParams, response);
      case "/token":
        return this.#token(new URLSearchParams(body), json);
      default:
        return json({}, 404);
    }
  }

  #page(asked: URLSearchParams, response: ServerResponse) {
    const code = randomUUID();
    this.#codes.set(code, asked);
    const back = new URL(asked.get("redirect_uri") ?? "");
    back.searchParams.set("code", code);
    back.searchParams.set("state", asked.get("state") ?? "");
    // Providers add what they like.
    back.searchParams.set("session_state", "1e5");
    const link = back.href.replaceAll("&", "&amp;");
    response
      .writeHead(200, { "content-type": "text/html; charset=utf-8" })
      .end(`<!doctype html><html lang="en"><title>Company</title><a href="${link}">Sign in</a></html>`);
  }

  #token(form: URLSearchParams, json: Json) {
    const code = form.get("code") ?? "";
    const asked = this.#codes.get(code);
    this.#codes.delete(code);
    const proved = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (asked?.get("code_challenge") !== proved) return json({ error: "invalid_grant" }, 400);
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.issuer,
      aud: asked.get("client_id"),
      iat: now,
      exp: now + 300,
      auth_time: now,
      nonce: asked.get("nonce"),
      ...this.claims,
    };
    const signed = `${part({ alg: "RS256", kid: "k" })}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), this.#keys.privateKey).toString("base64url");
    return json({ access_token: "a", token_type: "Bearer", id_token: `${signed}.${signature}` });
  }
}
