// One chat: its head, its messages, its composer.

import { api } from "./api.js";
import { Composer } from "./composer.js";
import { confirmText } from "./dialogs.js";
import { el, keyed } from "./dom.js";
import { bubble } from "./message.js";

export class Chat {
  constructor(root, { say, back }) {
    this.root = root;
    this.say = say;
    this.current = null;
    this.name = el("h1", { dir: "auto" });
    this.detail = el("p", { class: "detail", "data-testid": "phone-presence" });
    this.number = el("button", { type: "button", class: "icon", "aria-label": "Change number",
      onclick: () => this.changeNumber() }, "☎");
    this.list = el("ol", { class: "messages", "aria-label": "Messages", tabindex: "0",
      onscroll: () => (this.atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 80) });
    this.atEnd = true;
    // A picture that arrives late makes the chat longer; `load` does not bubble, so it is caught on its way down.
    this.list.addEventListener("load", () => this.stay(), true);
    new ResizeObserver(() => this.stay()).observe(this.list);
    this.composer = new Composer({ send: (message) => this.send(message), say });
    this.empty = el("p", { class: "empty" }, "Choose a customer, and write to the business as them.");
    this.inside = el("div", { class: "inside", hidden: true },
      el("header", { class: "bar" },
        el("button", { type: "button", class: "icon back", "aria-label": "Back to chats", onclick: back }, "‹"),
        el("div", { class: "heading" }, this.name, this.detail), this.number),
      this.list, this.composer.element);
    root.append(this.empty, this.inside);
  }

  focus() {
    this.composer.focus();
  }

  // `current` is the customer as listed in the state, or undefined.
  draw(current, entries, state) {
    const switched = current?.profile.id !== this.current;
    this.current = current?.profile.id;
    this.empty.hidden = Boolean(current);
    this.inside.hidden = !current;
    if (!current) return;
    if (switched) {
      this.list.replaceChildren();
      this.composer.reset();
    }
    this.name.textContent = state.business.name;
    const as = current.profile.name;
    this.detail.textContent = current.typing ? "typing …" : `${state.business.number} · you are ${as}`;
    this.detail.classList.toggle("typing", current.typing);
    if (switched) this.atEnd = true;
    const by = new Map(entries.map((entry) => [entry.message.wamid, entry]));
    const items = entries.map((entry) => ({ ...entry, quote: by.get(entry.message.quoted)?.message ?? null }));
    keyed(this.list, items, (item) => item.message.wamid, (item) => bubble(item, this.actions(item)));
    this.stay();
  }

  // Whoever reads the newest messages keeps seeing them.
  stay() {
    if (this.atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  async send(message) {
    const quoted = this.composer.quoted?.wamid;
    this.composer.quote(null);
    await this.attempt(() => api.send(this.current, message, quoted));
    this.atEnd = true;
    this.stay();
  }

  async attempt(act) {
    try {
      await act();
      this.say("");
    } catch (error) {
      this.say(error.message);
    }
  }

  // What can be done with a message; the bubble shows them in its menu.
  actions({ message }) {
    const { wamid } = message;
    const own = message.side === "customer";
    return {
      reply: () => this.composer.quote(message),
      react: (emoji) => this.attempt(() => api.react(this.current, wamid, emoji)),
      choose: (choice) => this.attempt(() => api.send(this.current, answerOf(choice), wamid)),
      played: () => !own && message.state !== "played" && this.attempt(() => api.status(wamid, { status: "played" })),
      edit: own && message.kind === "text" && !message.revoked && (() =>
        confirmText("Edit message", message.text, (text) => this.attempt(() => api.edit(this.current, wamid, text)))),
      revoke: own && !message.revoked && (() => this.attempt(() => api.revoke(this.current, wamid))),
    };
  }

  changeNumber() {
    confirmText("New phone number", "+34 6", (phone) => this.attempt(() => api.number(this.current, phone)));
  }
}

// A choice carries the answer's fields; empty ones are left out.
function answerOf(choice) {
  return Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== null));
}
