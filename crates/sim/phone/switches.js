// The panel of failures and checks.

import { api } from "./api.js";
import { el } from "./dom.js";

const EFFECTS = [
  ["refuse", "is refused with the code"], ["fail_later", "is accepted, then fails with the code"],
  ["lose_response", "is accepted, but the answer is lost"], ["status_first", "has its status before its answer"],
  ["cut", "is cut off before anything happens"], ["hang", "never gets an answer"], ["server_error", "gets HTTP 500"],
];
const TARGETS = [["send", "messages"], ["receipt", "read receipts"], ["upload", "uploads"], ["media", "media look-ups"],
  ["account", "account requests"], ["any", "requests of any kind"]];
const CODES = [131056, 130429, 131026, 131047, 190, 131000, 131016, 130472, 131031, 131049, 131053];
const RULES = [["window", "24-hour window (131047)"], ["pair_rate", "Pair rate (131056)"], ["throughput", "80 messages a second (130429)"],
  ["reorder", "Webhooks out of order"]];
const NUMBERS = [["duplicate_percent", "Webhooks twice, %", 100], ["delay_ms", "Webhooks late, ms", 60000],
  ["batch", "Updates in one webhook", 1000], ["wrong_signatures", "Wrong signatures to come", 100],
  ["latency_ms", "Answers late, ms", 60000]];

let drawn = "";

export function drawSwitches(root, state) {
  const { switches, webhook, contract, automatic, requests } = state;
  const print = JSON.stringify([switches, webhook, contract.loaded, requests]);
  // Typing into the panel must not be disturbed; it is drawn again once left.
  if (print === drawn || (drawn && root.querySelector("input:focus, select:focus"))) return;
  drawn = print;
  const scrolled = root.scrollTop;
  const focused = document.activeElement?.id;
  root.replaceChildren(
    el("header", { class: "bar" }, el("h2", {}, "Failures and checks"),
      el("button", { type: "button", class: "icon", "aria-label": "Close failures and checks",
        onclick: () => document.dispatchEvent(new Event("close-switches")) }, "✕")),
    checks(contract, webhook, automatic), faults(switches), rules(switches), hints(), counts(requests));
  root.scrollTop = scrolled;
  if (focused) document.getElementById(focused)?.focus();
}

function section(title, ...children) {
  return el("section", {}, el("h3", {}, title), children);
}

function checks(contract, webhook, automatic) {
  const { taken, refused, last_error } = webhook.deliveries;
  const verified = el("p", { role: "status" });
  const verify = async () => {
    const { ok, reason } = await api.verify();
    verified.textContent = ok ? "The webhook answered the handshake." : reason;
  };
  return section("Checks",
    el("p", { "data-testid": "phone-contract" }, contract.loaded
      ? `✓ Requests are held against Meta's OpenAPI document and our limits.`
      : "Requests are held against our limits; Meta's OpenAPI document is not loaded."),
    contract.loaded ? el("details", {}, el("summary", {}, `${contract.known_faults.length} known faults of the document are mended`),
      el("dl", {}, contract.known_faults.map(({ name, why }) => [el("dt", {}, name), el("dd", {}, why)]))) : null,
    el("p", {}, webhook.url ? `Webhooks go to ${webhook.url}: ${taken} taken, ${refused} refused.` : "No webhook address yet: what customers write waits."),
    last_error ? el("p", { class: "bad" }, last_error) : null,
    webhook.url ? el("button", { type: "button", id: "verify", onclick: verify }, "Verify the webhook") : null, verified,
    automatic ? null : el("p", {}, "Statuses happen only when told."));
}

function faults(switches) {
  const select = (id, label, options) => el("select", { id, "aria-label": label, "data-testid": `phone-${id}` },
    options.map(([value, text]) => el("option", { value }, text)));
  const times = el("input", { id: "fault-times", type: "number", min: "1", max: "1000", "aria-label": "How many" });
  times.value = "1";
  const code = el("input", { id: "fault-code", type: "number", list: "codes", "aria-label": "Error code" });
  code.value = "131026";
  const target = select("fault-target", "Which requests", TARGETS);
  const kind = select("fault-effect", "What happens", EFFECTS);
  const add = (event) => {
    event.preventDefault();
    const effect = { kind: kind.value };
    if (kind.value === "refuse" || kind.value === "fail_later") effect.code = Number(code.value);
    api.fault({ on: target.value, times: Number(times.value), effect });
  };
  const name = (list, value) => list.find(([one]) => one === value)?.[1] ?? value;
  return section("What comes next fails",
    el("form", { class: "fault", onsubmit: add },
      el("p", {}, "The next ", times, " of ", target, ": each ", kind, " ", code),
      el("datalist", { id: "codes" }, CODES.map((value) => el("option", { value: String(value) }))),
      el("button", { type: "submit", id: "add-fault", "data-testid": "phone-add-fault" }, "Arm")),
    el("ul", {}, switches.faults.map(({ on, times, effect }) =>
      el("li", {}, `${times} × ${name(TARGETS, on)}: ${name(EFFECTS, effect.kind)} ${effect.code ?? ""}`))),
    switches.faults.length ? el("button", { type: "button", id: "disarm", onclick: () => api.switches({ ...switches, faults: [] }) }, "Disarm all") : null);
}

function rules(switches) {
  const set = (name, value) => api.switches({ ...switches, [name]: value });
  return section("Rules and webhooks",
    RULES.map(([name, label]) => el("p", {},
      el("label", {}, el("input", { type: "checkbox", id: `rule-${name}`, checked: switches[name],
        onchange: (event) => set(name, event.target.checked) }), ` ${label}`))),
    NUMBERS.map(([name, label, max]) => {
      const input = el("input", { type: "number", id: `number-${name}`, min: "0", max: String(max),
        onchange: (event) => {
          event.target.blur();
          set(name, Math.min(max, Math.max(0, Number(event.target.value) || 0)));
        } });
      input.value = switches[name];
      return el("p", {}, el("label", { for: `number-${name}` }, label), " ", input);
    }),
    el("p", {}, el("button", { type: "button", id: "advance", onclick: () => api.advance(86400) }, "Let 24 hours pass")));
}

function hints() {
  return section("By text",
    el("p", {}, "The business writes ", el("code", {}, "!fail 131026"), ": accepted, then failed. ",
      el("code", {}, "!refuse 131056"), ": refused at once. A customer writes ", el("code", {}, "!fail 131026"),
      ": the next message to them fails."));
}

function counts(requests) {
  const rows = Object.entries(requests);
  if (!rows.length) return section("Requests", el("p", {}, "None yet."));
  return section("Requests", el("table", {}, el("tbody", {}, rows.map(([name, count]) =>
    el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, String(count)))))));
}
