// How a message looks, and its menu.

import { el } from "./dom.js";

const TICKS = {
  accepted: ["🕓", "waiting"], sent: ["✓", "sent"], delivered: ["✓✓", "delivered"], read: ["✓✓", "read"],
  played: ["✓✓", "played"], failed: ["!", "failed"],
};
const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export function bubble(item, actions) {
  const { message } = item;
  const own = message.side === "customer";
  const mark = message.reaction
    ? el("span", { class: "reaction", "data-testid": "phone-reaction", role: "img", "aria-label": `Reaction ${message.reaction}` }, message.reaction)
    : null;
  const open = (event) => {
    event.preventDefault();
    menu.open = true;
    menu.querySelector("summary").focus();
  };
  const menu = menuOf(item, actions);
  const content = message.revoked ? [el("em", {}, "This message was deleted")] : [quoteOf(item), ...body(item, actions)];
  const element = el("li", {
    class: `message ${own ? "own" : "theirs"} ${message.state === "failed" ? "failed" : ""}`,
    "data-testid": "phone-message", "data-wamid": message.wamid, "data-side": message.side, "data-state": message.state,
    "data-kind": message.kind, oncontextmenu: open,
  }, el("div", { class: "bubble" }, content, foot(item, own)), menu, mark);
  longPress(element, open);
  return element;
}

// Holding a finger half a second opens the menu, as on a phone.
function longPress(element, open) {
  let timer;
  const stop = () => clearTimeout(timer);
  element.addEventListener("touchstart", (event) => (timer = setTimeout(() => open(event), 500)), { passive: true });
  for (const event of ["touchend", "touchmove", "touchcancel"]) element.addEventListener(event, stop, { passive: true });
}

function quoteOf({ message, quote }) {
  if (!message.quoted) return null;
  const who = quote?.side === "customer" ? "You" : "Business";
  return el("blockquote", { class: "quote", dir: "auto" }, el("strong", {}, quote ? who : "Message"), " ",
    quote ? quote.text || quote.kind : "no longer here");
}

function foot({ message, failure }, own) {
  const parts = [];
  if (message.edited) parts.push("edited ");
  parts.push(el("time", { datetime: new Date(message.at).toISOString() }, time.format(message.at)));
  // Our ticks are the customer's own; those of the business are shown as a hint at what it sees.
  const [sign, name] = TICKS[message.state];
  if (own || message.state === "failed") {
    parts.push(el("span", { class: `ticks ${message.state}`, role: "img", "aria-label": name, "data-testid": "phone-ticks" }, sign));
  }
  const reason = failure ? el("span", { class: "reason" }, `${failure.code} ${failure.title}`) : null;
  return el("footer", {}, reason, parts);
}

function menuOf({ message }, actions) {
  const items = [["Reply", actions.reply], ["Edit", actions.edit], ["Delete for everyone", actions.revoke],
    message.reaction && message.side === "business" ? ["Remove reaction", () => actions.react(null)] : []];
  const close = (act) => () => {
    menu.open = false;
    act();
  };
  const menu = el("details", { class: "menu", "data-testid": "phone-menu" },
    el("summary", { "aria-label": "Message menu", title: "Reply, react …" }, "⌄"),
    el("div", { class: "choices" },
      el("div", { class: "emoji", role: "group", "aria-label": "React" },
        EMOJI.map((emoji) => el("button", { type: "button", "aria-label": `React ${emoji}`, onclick: close(() => actions.react(emoji)) }, emoji))),
      items.filter(([, act]) => act).map(([name, act]) => el("button", { type: "button", onclick: close(act) }, name))));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("toggle", () => {
    if (!menu.open) return;
    for (const other of document.querySelectorAll("details.menu[open]")) if (other !== menu) other.open = false;
    menu.querySelector(".choices").scrollIntoView({ block: "nearest" });
  });
  return menu;
}

function body(item, actions) {
  const { message, file, choices } = item;
  const { kind, raw } = message;
  const parts = [];
  const header = raw.interactive?.header;
  if (header?.type === "text") parts.push(el("strong", { class: "text", dir: "auto" }, header.text));
  if (file) parts.push(media(kind === "interactive" ? header?.type : kind, file, actions, message));
  else if (["image", "audio", "video", "document", "sticker"].includes(kind)) parts.push(el("em", {}, `${kind} is on its way …`));
  if (kind === "location") parts.push(place(raw.location));
  else if (kind === "contacts") parts.push(...raw.contacts.map(card));
  else if (kind === "order") parts.push(el("span", {}, `🛒 ${raw.order.product_items.length} item(s)`));
  else if (kind === "unsupported") parts.push(el("em", {}, `Unsupported: ${raw.unsupported?.type ?? "?"}`));
  if (message.text && !["location", "contacts"].includes(kind)) {
    parts.push(el("p", { class: "text", dir: "auto" }, message.text));
  }
  if (raw.interactive?.footer) parts.push(el("small", { dir: "auto" }, raw.interactive.footer.text));
  if (choices.length) {
    parts.push(el("div", { class: "buttons", role: "group", "aria-label": raw.interactive?.action?.button ?? "Answers" },
      choices.map((choice) => el("button", { type: "button", "data-testid": "phone-choice", onclick: () => actions.choose(choice) },
        choice.title ?? choice.text, choice.description ? el("small", {}, choice.description) : null))));
  }
  return parts;
}

function media(kind, file, actions, message) {
  const { url, mime, name, size } = file;
  if (kind === "image" || kind === "sticker") {
    return el("a", { href: url, target: "_blank", rel: "noopener" },
      el("img", { class: kind, src: url, alt: message.text || (kind === "image" ? "Picture" : "Sticker"), loading: "lazy" }));
  }
  if (kind === "audio") return el("audio", { controls: true, src: url, preload: "metadata", onplay: actions.played, "aria-label": "Voice message" });
  if (kind === "video") return el("video", { controls: true, src: url, preload: "metadata", "aria-label": "Video" });
  const title = message.raw.document?.filename ?? name ?? "Document";
  return el("a", { class: "document", href: url, download: title }, `📄 ${title}`, el("small", {}, ` ${mime}, ${Math.ceil(size / 1024)} KB`));
}

function place({ latitude, longitude, name, address }) {
  return el("span", { class: "place" }, el("strong", { dir: "auto" }, `📍 ${name ?? "Location"}`),
    address ? el("span", { dir: "auto" }, address) : null, el("small", {}, `${latitude}, ${longitude}`));
}

function card({ name, phones = [] }) {
  return el("span", { class: "place" }, el("strong", { dir: "auto" }, `👤 ${name.formatted_name}`),
    phones.map((phone) => el("span", {}, phone.phone)));
}
