import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, Program } from "./program.ts";
import { Provider } from "./provider.ts";

/** Who may sign in. */
export interface Person {
  email: string;
  password: string;
}

/** A running installation with its provider. */
export interface House {
  /** The console's address. */
  console: string;
  provider: Provider;
  /** The server's process; in a demonstration the provider lives in it, too. */
  server: Program;
  /** Ends every process and takes the folder away. */
  close(): Promise<void>;
}

export interface Demo extends House {
  owner: Person;
  ana: Person;
  wei: Person;
}

export interface Fresh extends House {
  /** The link that the server printed for the first owner. */
  setupLink: string;
}

async function scratch(): Promise<string> {
  return mkdtemp(join(tmpdir(), "bellhop-journey-"));
}

/** `bellhop demo`: customers, conversations and three agents. `variables` configure it. */
export async function demo(variables: Readonly<Record<string, string>> = {}): Promise<Demo> {
  const folder = await scratch();
  const [port, phones] = [await freePort(), await freePort()];
  const args = [
    "demo",
    "--port",
    String(port),
    "--phone-port",
    String(phones),
    "--folder",
    join(folder, "demo"),
  ];
  const server = new Program(args, folder, variables);
  const close = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    server.start();
    const [, password = ""] = await server.printed(/^ *Password +(\S+)/m);
    const person = (name: string) => ({ email: `${name}@bellhop.example`, password });
    return {
      console: `http://127.0.0.1:${port}`,
      provider: new Provider(`http://127.0.0.1:${phones}`),
      server,
      owner: person("demo"),
      ana: person("ana"),
      wei: person("wei"),
      close,
    };
  } catch (error) {
    await close();
    throw new Error(`the demonstration did not start: ${error}\n${server.log}`);
  }
}

/** `bellhop serve` on an empty store, and the simulated provider as a process of its own. */
export async function fresh(): Promise<Fresh> {
  const folder = await scratch();
  const [port, phones] = [await freePort(), await freePort()];
  const provider = new Program(["sim", "--port", String(phones)], folder, {});
  const server = new Program(["serve"], folder, {
    BELLHOP_LISTEN: `127.0.0.1:${port}`,
    BELLHOP_BASE_URL: `http://127.0.0.1:${port}`,
    BELLHOP_DATABASE__URL: join(folder, "bellhop.db"),
    BELLHOP_MEDIA__PATH: join(folder, "media"),
    BELLHOP_EGRESS__ALLOW: `["127.0.0.1:${phones}"]`,
  });
  const close = async () => {
    await Promise.all([server.stop(), provider.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    provider.start();
    server.start();
    await provider.printed(/http:\S+\/phone/);
    const [setupLink] = await server.printed(/http:\S+\/setup#token=\S+/);
    return {
      console: `http://127.0.0.1:${port}`,
      provider: new Provider(`http://127.0.0.1:${phones}`),
      server,
      setupLink,
      close,
    };
  } catch (error) {
    await close();
    throw new Error(`the installation did not start: ${error}\n${server.log}\n${provider.log}`);
  }
}
