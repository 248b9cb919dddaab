import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { until } from "./until.ts";

const root = resolve(import.meta.dirname, "../../..");

/** Where the program stands: BELLHOP_BIN, or what was built last. */
export function binary(): string {
  const named = process.env.BELLHOP_BIN;
  const candidates = named
    ? [resolve(root, named)]
    : [`${root}/target/serve/bellhop`, `${root}/target/debug/bellhop`];
  const found = candidates.find((path) => existsSync(path));
  if (!found)
    throw new Error(`no program at ${candidates.join(" or ")}: run the journeys by \`cargo xtask e2e\``);
  return found;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A started process and everything that it printed, over all its restarts. */
export class Program {
  readonly #args: readonly string[];
  readonly #folder: string;
  readonly #variables: Readonly<Record<string, string>>;
  #child: ChildProcess | null = null;
  #started = 0;
  log = "";

  /** Only `variables` are handed on of what begins with BELLHOP_. */
  constructor(args: readonly string[], folder: string, variables: Readonly<Record<string, string>>) {
    this.#args = args;
    this.#folder = folder;
    this.#variables = variables;
  }

  /** Starts it, or starts it again. */
  start() {
    const { PATH, HOME } = process.env;
    const child = spawn(binary(), this.#args, {
      cwd: this.#folder,
      env: { PATH, HOME, NO_COLOR: "1", ...this.#variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#started = this.log.length;
    this.#child = child;
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.log += text;
      });
    }
    child.on("error", (error) => {
      this.log += `\ncannot run it: ${error.message}\n`;
    });
    child.on("exit", (code, signal) => {
      this.log += `\n(ended with ${signal ?? code})\n`;
      running.delete(child);
    });
  }

  /** The first match in what it printed since it was last started. */
  async printed(pattern: RegExp): Promise<RegExpMatchArray> {
    const match = () => this.log.slice(this.#started).match(pattern);
    await until(`${pattern} to be printed`, () => match() ?? this.#ended());
    const found = match();
    if (!found) throw new Error(`the program ended without printing ${pattern}:\n${this.log.slice(-2000)}`);
    return found;
  }

  #ended() {
    return this.#child === null || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Ends it and returns when it is gone. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM") {
    const child = this.#child;
    if (!child || this.#ended()) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    const impatient = setTimeout(() => child.kill("SIGKILL"), 8_000);
    await gone;
    clearTimeout(impatient);
  }
}

/** A loopback port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
