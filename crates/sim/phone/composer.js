// Writing: text, files, voice, place, contact, order.

import { base64 } from "./api.js";
import { confirmPlace } from "./dialogs.js";
import { el } from "./dom.js";
import { Recorder } from "./recorder.js";

export class Composer {
  constructor({ send, say }) {
    this.send = send;
    this.say = say;
    this.quoted = null;
    this.recorder = new Recorder();
    this.input = el("textarea", { id: "phone-text", rows: "1", placeholder: "Message", "aria-label": "Message", dir: "auto",
      "data-testid": "phone-input", onkeydown: (event) => this.key(event), oninput: () => this.grow() });
    this.quoteLine = el("p", { class: "quoting", hidden: true });
    this.file = el("input", { type: "file", hidden: true, "data-testid": "phone-file", "aria-label": "File",
      onchange: () => this.files() });
    this.record = el("button", { type: "button", class: "icon", "aria-label": "Record a voice message", "aria-pressed": "false",
      "data-testid": "phone-record", onclick: () => this.voice() }, "🎤");
    this.more = this.moreMenu();
    this.element = el("form", { class: "composer", onsubmit: (event) => this.submit(event) },
      this.quoteLine,
      el("div", { class: "line" }, this.more, this.file, this.input, this.record,
        el("button", { type: "submit", class: "icon send", "aria-label": "Send", "data-testid": "phone-send" }, "➤")));
  }

  moreMenu() {
    const pick = (accept) => () => {
      menu.open = false;
      this.file.accept = accept;
      this.file.click();
    };
    const act = (doing) => () => {
      menu.open = false;
      doing();
    };
    const order = { type: "order", catalog_id: "505550100199001", text: "",
      items: [{ product_retailer_id: "tea-250", quantity: 2, item_price: 7.5, currency: "EUR" }] };
    const menu = el("details", { class: "menu up" },
      el("summary", { class: "icon", "aria-label": "Attach", "data-testid": "phone-attach" }, "＋"),
      el("div", { class: "choices" },
        [["🖼 Picture or video", pick("image/jpeg,image/png,video/mp4,video/3gpp")],
          ["📄 Document", pick("")],
          ["🎵 Audio file", pick("audio/*")],
          ["📍 Location", act(() => confirmPlace((place) => this.send(place)))],
          ["👤 Contact", act(() => this.send({ type: "contacts", name: "Ana Ruiz", phone: "+34 600 000 111" }))],
          ["🛒 Order", act(() => this.send(order))],
          ["📊 Poll (unsupported)", act(() => this.send({ type: "unsupported", kind: "poll_creation" }))],
        ].map(([name, doing]) => el("button", { type: "button", onclick: doing }, name))));
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    return menu;
  }

  focus() {
    this.input.focus();
  }

  reset() {
    this.quote(null);
    this.input.value = "";
    this.grow();
    this.recorder.cancel();
    this.recording(false);
  }

  // The next message answers this one; null takes it back.
  quote(message) {
    this.quoted = message;
    this.quoteLine.hidden = !message;
    if (!message) return;
    this.quoteLine.replaceChildren(
      el("span", { dir: "auto" }, `↩ ${message.text || message.kind}`),
      el("button", { type: "button", class: "icon", "aria-label": "Do not quote", onclick: () => this.quote(null) }, "✕"));
    this.focus();
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
    if (event.key === "Escape") this.quote(null);
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
  }

  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.grow();
    this.send({ type: "text", text });
  }

  async files() {
    const [file] = this.file.files;
    this.file.value = "";
    if (!file) return;
    const caption = this.input.value.trim() || null;
    this.input.value = "";
    const bytes = await base64(file);
    const mime = file.type || "application/octet-stream";
    const kind = this.file.accept && mime.split("/")[0];
    if (kind === "image" || kind === "video") this.send({ type: kind, bytes, mime, caption });
    else if (kind === "audio") this.send({ type: "audio", bytes, mime });
    else this.send({ type: "document", bytes, mime, filename: file.name, caption });
  }

  recording(on) {
    this.record.setAttribute("aria-pressed", String(on));
    this.record.setAttribute("aria-label", on ? "Stop and send the voice message" : "Record a voice message");
    this.record.textContent = on ? "⏹" : "🎤";
  }

  async voice() {
    try {
      if (!this.recorder.running) {
        await this.recorder.start();
        this.recording(true);
        this.say("Recording …");
        return;
      }
      const sound = await this.recorder.stop();
      this.recording(false);
      await this.send({ type: "voice", bytes: await base64(sound), mime: sound.type });
      if (!sound.type.startsWith("audio/ogg")) this.say(`This browser records ${sound.type}; WhatsApp itself sends audio/ogg.`);
    } catch (error) {
      this.recording(false);
      this.say(`No recording: ${error.message}`);
    }
  }
}
