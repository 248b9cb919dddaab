import type { Locator, Page } from "playwright-core";
import type { Person } from "../harness/house.ts";
import { until } from "../harness/until.ts";

/** The agent's side: the console. */
export class Desk {
  readonly page: Page;
  readonly input: Locator;

  constructor(page: Page) {
    this.page = page;
    this.input = page.getByTestId("composer-input");
  }

  async signIn(console: string, person: Person) {
    await this.page.goto(console);
    await this.page.locator("input[name=email]").fill(person.email);
    await this.page.locator("input[name=password]").fill(person.password);
    await this.page.getByTestId("sign-in").click();
    await this.page.getByTestId("tab-all").waitFor();
    await this.online();
  }

  /** The event stream is open. */
  online() {
    return this.connection("online");
  }

  async connection(...states: string[]) {
    const state = this.page.getByTestId("connection-state");
    return until(`the connection to be ${states.join(" or ")}`, async () =>
      states.includes((await state.getAttribute("data-state")) ?? ""),
    );
  }

  async view(name: "mine" | "unassigned" | "all") {
    await this.page.getByTestId(`tab-${name}`).click();
    await this.page.locator(`[data-testid="tab-${name}"][aria-current="page"]`).waitFor();
  }

  row(name: string): Locator {
    return this.page.getByTestId("conversation-row").filter({ hasText: name });
  }

  /** Opens a conversation from the list of all. */
  async open(name: string) {
    await this.view("all");
    await this.row(name).click();
    await this.input.or(this.page.getByTestId("composer-closed")).first().waitFor();
  }

  /** Messages of the thread with this text, of one direction if it is named. */
  messages(text?: string | RegExp, direction?: "in" | "out" | "note"): Locator {
    const all = this.page.locator(
      `[data-testid="thread-message"]${direction ? `[data-direction="${direction}"]` : ""}`,
    );
    return text === undefined ? all : all.filter({ hasText: text });
  }

  /** Writes an answer into the knowledge and puts it into use. */
  async article(console: string, title: string, body: string, audience: "public" | "internal" = "public") {
    await this.page.goto(`${console}/settings/knowledge/new`);
    await this.page.getByTestId("article-title").fill(title);
    await this.page.getByTestId("article-body").fill(body);
    if (audience === "internal") {
      await this.page.getByRole("combobox", { name: "Who may be answered from it" }).click();
      await this.page.getByRole("option", { name: "Colleagues only" }).click();
    }
    await this.page.getByTestId("article-publish").click();
    await until("the article to have an address", async () => /knowledge\/ar_/.test(this.page.url()));
  }

  /** Writes a reply and sends it by Enter. */
  async write(text: string) {
    await this.input.fill(text);
    await this.input.press("Enter");
    await until("the field to be empty", async () => (await this.input.inputValue()) === "");
  }

  async note(text: string) {
    await this.page.getByTestId("tab-note").click();
    await this.write(text);
    await this.page.getByTestId("tab-reply").click();
  }

  /** Waits until a message of ours has reached one of these states. */
  async reaches(message: Locator, ...states: string[]) {
    const status = message.getByTestId("message-status");
    await until(`the message to be ${states.join(" or ")}`, async () => {
      const state = await status.getAttribute("data-status", { timeout: 1_000 });
      if (states.includes(state ?? "")) return true;
      throw new Error(`it is ${state}`);
    });
  }

  /** Shows the tools of a message, as pointing at it does. */
  async #tool(message: Locator, testId: string) {
    await message.hover();
    await message.getByTestId(testId).click();
  }

  async quote(message: Locator) {
    await this.#tool(message, "message-quote");
    await this.page.getByTestId("composer-quote").waitFor();
  }

  async react(message: Locator, emoji: string) {
    await this.#tool(message, "reaction-add");
    await this.page.getByRole("dialog").getByRole("button", { name: emoji, exact: true }).click();
  }

  attach(name: string, mimeType: string, buffer: Buffer) {
    return this.page.getByTestId("composer-file").setInputFiles({ name, mimeType, buffer });
  }

  /** Lets a file fall onto the thread. */
  async drop(name: string, mimeType: string, buffer: Buffer) {
    const transfer = await this.page.evaluateHandle(
      ([file, type, base64]) => {
        const bytes = Uint8Array.from(atob(base64 ?? ""), (char) => char.charCodeAt(0));
        const dropped = new DataTransfer();
        dropped.items.add(new File([bytes], file ?? "", { type: type ?? "" }));
        return dropped;
      },
      [name, mimeType, buffer.toString("base64")],
    );
    const onto = this.messages().last();
    await onto.dispatchEvent("dragover", { dataTransfer: transfer });
    await onto.dispatchEvent("drop", { dataTransfer: transfer });
  }

  /** Records for `seconds`, which is real time, and sends. */
  async voice(seconds: number) {
    await this.page.getByTestId("composer-record").click();
    const timer = this.page.getByRole("timer");
    await until(`${seconds} s of recording`, async () => {
      const [minutes = 0, rest = 0] = (await timer.innerText()).split(":").map(Number);
      return minutes * 60 + rest >= seconds;
    });
    await this.page.getByTestId("record-send").click();
  }
}
