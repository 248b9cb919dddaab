// Building elements: el("button", { class: "icon", onclick }, "text", child, …). Text never becomes HTML.

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Brings `list` to show `items` in order, keeping the elements of those whose key and content stay the same, so
// that focus, playing sound and scroll position survive. `draw` makes the element of an item.
export function keyed(list, items, key, draw) {
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const print = JSON.stringify(item);
    const old = known.get(String(key(item)));
    if (old && old.print === print) return old;
    const element = draw(item);
    element.dataset.key = key(item);
    element.print = print;
    // What the person has opened stays open when the news of a tick draws it anew.
    old?.querySelectorAll("details").forEach((menu, at) => {
      if (menu.open) element.querySelectorAll("details")[at]?.toggleAttribute("open", true);
    });
    if (old?.contains(document.activeElement)) {
      const index = focusables(old).indexOf(document.activeElement);
      queueMicrotask(() => focusables(element)[index]?.focus());
    }
    return element;
  });
  wanted.forEach((element, at) => {
    if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
  });
  while (list.children.length > wanted.length) list.lastElementChild.remove();
}

function focusables(element) {
  const inside = [...element.querySelectorAll("button, a, audio, input, summary, [tabindex]")];
  return element.matches("[tabindex], button") ? [element, ...inside] : inside;
}
