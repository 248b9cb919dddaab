import type { Locator, Page } from "playwright-core";

/** The customer's side: the provider's phone page. */
export class Phone {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens the page and one customer's chat. */
  async be(url: string, name: string) {
    await this.page.goto(`${url}/phone`);
    await this.open(name);
  }

  async open(name: string) {
    const customer = this.page.getByTestId(/^phone-customer-/).filter({ hasText: name });
    await customer.click();
    // Until then the input is another customer's. On a narrow page the list is hidden behind the chat.
    await customer.and(this.page.locator('[aria-current="true"]')).waitFor({ state: "attached" });
    await this.page.getByTestId("phone-input").waitFor();
  }

  /** A customer whom nobody knows yet, and their empty chat. */
  async someoneNew(name: string, phone: string) {
    await this.page.getByTestId("phone-new-customer").click();
    await this.page.getByTestId("phone-ask-name").fill(name);
    await this.page.getByTestId("phone-ask-phone").fill(phone);
    await this.page.getByTestId("phone-ask-ok").click();
    await this.open(name);
  }

  async write(text: string) {
    await this.page.getByTestId("phone-input").fill(text);
    await this.page.getByTestId("phone-send").click();
  }

  async picture(bytes: Buffer) {
    await this.page.getByTestId("phone-attach").click();
    const chooser = this.page.waitForEvent("filechooser");
    await this.page.getByRole("button", { name: "Picture or video" }).click();
    await (await chooser).setFiles({ name: "picture.png", mimeType: "image/png", buffer: bytes });
  }

  /** Records for `seconds`, which is real time. */
  async voice(seconds: number) {
    const record = this.page.getByTestId("phone-record");
    await record.click();
    await this.page.locator('[data-testid="phone-record"][aria-pressed="true"]').waitFor();
    await this.page.waitForTimeout(seconds * 1000);
    await record.click();
    await this.page.locator('[data-testid="phone-record"][aria-pressed="false"]').waitFor();
  }

  /** All messages, or those with a text in them, of one side if it is named. */
  messages(text?: string | RegExp, side?: "business" | "customer"): Locator {
    const all = this.page.locator(`[data-testid="phone-message"]${side ? `[data-side="${side}"]` : ""}`);
    return text === undefined ? all : all.filter({ hasText: text });
  }

  async #menu(message: Locator, action: string) {
    await message.getByTestId("phone-menu").locator("summary").click();
    await message.getByRole("button", { name: action, exact: true }).click();
  }

  async reply(message: Locator, text: string) {
    await this.#menu(message, "Reply");
    await this.write(text);
  }

  react(message: Locator, emoji: string) {
    return this.#menu(message, `React ${emoji}`);
  }

  unreact(message: Locator) {
    return this.#menu(message, "Remove reaction");
  }
}
