// The few questions that the page asks.

import { el } from "./dom.js";

const dialog = document.querySelector("#dialog");

// Asks for the values of `fields` and calls `done` with them by name.
function ask(title, fields, done) {
  const inputs = fields.map(({ name, label, value = "", required = true, ...rest }) => {
    const input = el("input", { id: `ask-${name}`, name, required, "data-testid": `phone-ask-${name}`, dir: "auto", ...rest });
    input.value = value;
    return el("p", {}, el("label", { for: `ask-${name}` }, label), input);
  });
  const form = el("form", { method: "dialog", onsubmit: () => done(Object.fromEntries(new FormData(form))) },
    el("h2", { id: "dialog-title" }, title), inputs,
    el("p", { class: "ends" },
      el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      el("button", { type: "submit", class: "primary", "data-testid": "phone-ask-ok" }, "OK")));
  dialog.replaceChildren(form);
  dialog.showModal();
}

export function confirmText(title, value, done) {
  ask(title, [{ name: "text", label: title, value }], ({ text }) => done(text));
}

export function newCustomer(done) {
  const optional = { required: false };
  ask("New customer", [
    { name: "name", label: "Name" },
    { name: "phone", label: "Phone with country code (or a username below)", type: "tel", ...optional },
    { name: "username", label: "Username (hides the phone)", ...optional },
  ], ({ name, phone, username }) => done({ name, phone: phone || null, username: username || null }));
}

export function confirmPlace(done) {
  ask("Share a location", [
    { name: "name", label: "Name", value: "Puerta del Sol" },
    { name: "address", label: "Address", value: "Madrid", required: false },
    { name: "latitude", label: "Latitude", value: "40.4169", type: "number", step: "any", min: "-90", max: "90" },
    { name: "longitude", label: "Longitude", value: "-3.7033", type: "number", step: "any", min: "-180", max: "180" },
  ], ({ name, address, latitude, longitude }) =>
    done({ type: "location", name, address: address || null, latitude: Number(latitude), longitude: Number(longitude) }));
}
