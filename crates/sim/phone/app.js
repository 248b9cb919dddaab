// The phone: who is looked at, the list of chats, and what all parts need to know.

import { api, watch } from "./api.js";
import { Chat } from "./chat.js";
import { el, keyed } from "./dom.js";
import { newCustomer } from "./dialogs.js";
import { drawSwitches } from "./switches.js";

const page = {
  customers: document.querySelector("#customers"),
  chat: document.querySelector("#chat"),
  switches: document.querySelector("#switches"),
  status: document.querySelector("#status"),
  violations: document.querySelector("#violations"),
};
const narrow = matchMedia("(max-width: 46rem)");
const chat = new Chat(page.chat, { say, back: () => select(null) });
let state = null;
let selected = Number(location.hash.slice(1)) || null;

function say(text) {
  page.status.textContent = text;
}

async function select(n) {
  const before = selected;
  selected = n;
  history.replaceState(null, "", n ? `#${n}` : location.pathname);
  document.body.classList.toggle("in-chat", n !== null);
  // Not waited for: reading posts webhooks, and whoever takes them may be slow.
  const turn = (who, open) => api.open(who, open).catch((error) => say(error.message));
  if (before && before !== n) turn(before, false);
  if (n) turn(n, true);
  await look();
  if (n && !narrow.matches) chat.focus();
}

const look = watch(
  async () => {
    state = await api.state();
    if (!selected && !narrow.matches && state.customers.length) return select(state.customers[0].profile.id);
    const current = state.customers.find((one) => one.profile.id === selected);
    const messages = current ? (await api.chat(selected)).messages : [];
    if (current && current.profile.id !== selected) return;
    draw(current, messages);
  },
  (connected) => say(connected ? "" : "The provider does not answer; trying again …"),
);

function draw(current, messages) {
  document.body.classList.toggle("in-chat", Boolean(current));
  keyed(page.customers, state.customers.map(listed), (one) => one.id, customerRow);
  chat.draw(current, messages, state);
  drawSwitches(page.switches, state, current);
  drawViolations();
}

function listed({ profile, last, unread, typing }) {
  const { id, name, phone, username } = profile;
  return { id, name, address: phone ? `+${phone}` : `@${username}`, last, unread, typing, current: id === selected };
}

const KINDS = { image: "📷 Photo", audio: "🎤 Voice", video: "🎬 Video", document: "📄 Document", sticker: "Sticker",
  location: "📍 Location", contacts: "👤 Contact", order: "🛒 Order", unsupported: "Unsupported" };

function customerRow(one) {
  const preview = one.typing ? "typing …" : one.last ? one.last.text || KINDS[one.last.kind] || one.last.kind : one.address;
  const unread = one.unread ? el("span", { class: "unread", "aria-label": `${one.unread} unread` }, String(one.unread)) : null;
  return el("li", {},
    el("button", { type: "button", class: "person", "aria-current": one.current ? "true" : null,
      "data-testid": `phone-customer-${one.id}`, onclick: () => select(one.id) },
      el("span", { class: "face", "aria-hidden": "true" }, [...one.name][0]),
      el("span", { class: "who" },
        el("bdi", { class: "name" }, one.name),
        el("span", { class: `preview${one.typing ? " typing" : ""}`, dir: "auto" }, preview)),
      unread));
}

function drawViolations() {
  const { violations } = state;
  page.violations.hidden = violations.length === 0;
  if (page.violations.dataset.count === String(violations.length)) return;
  page.violations.dataset.count = violations.length;
  const newest = violations.slice(-20).reverse();
  page.violations.replaceChildren(
    el("strong", {}, `${violations.length} request${violations.length === 1 ? "" : "s"} broke the provider's contract`),
    el("ul", {}, newest.map((one) => el("li", {}, `${one.request} · ${one.source} · ${one.detail}`))),
    el("button", { type: "button", onclick: () => api.clearViolations() }, "Clear"));
}

document.querySelector("#new-customer").addEventListener("click", () =>
  newCustomer(async (customer) => select((await api.create(customer)).id)));
document.querySelector("#open-switches").addEventListener("click", (event) => {
  page.switches.hidden = !page.switches.hidden;
  document.body.classList.toggle("in-switches", !page.switches.hidden);
  event.currentTarget.setAttribute("aria-expanded", String(!page.switches.hidden));
  if (!page.switches.hidden) page.switches.querySelector("button, input")?.focus();
});
document.addEventListener("close-switches", () => document.querySelector("#open-switches").click());
addEventListener("pagehide", () => {
  // A page that is gone reads nothing; keepalive lets the request survive it.
  if (selected) {
    fetch(`/sim/customers/${selected}/open`, { method: "POST", keepalive: true,
      headers: { "content-type": "application/json" }, body: '{"open":false}' });
  }
});
if (selected) select(selected);
else look();
