// The control API of the simulated provider.

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const json = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(json?.error ?? `${method} ${path} answered ${answer.status}`);
  return json;
}

const person = (n, what) => `/sim/customers/${n}/${what}`;

export const api = {
  state: () => ask("GET", "/sim/state"),
  chat: (n) => ask("GET", person(n, "chat")),
  create: (customer) => ask("POST", "/sim/customers", customer),
  send: (n, message, quoted) => ask("POST", person(n, "messages"), { message, quoted }),
  react: (n, message, emoji) => ask("POST", person(n, "reactions"), { message, emoji }),
  edit: (n, message, text) => ask("POST", person(n, "edits"), { message, text }),
  revoke: (n, message) => ask("POST", person(n, "revocations"), { message }),
  number: (n, phone) => ask("POST", person(n, "number"), { phone }),
  open: (n, open) => ask("POST", person(n, "open"), { open }),
  status: (message, status) => ask("POST", "/sim/statuses", { message, ...status }),
  switches: (switches) => ask("PUT", "/sim/failures", switches),
  fault: (fault) => ask("POST", "/sim/faults", fault),
  clearViolations: () => ask("DELETE", "/sim/violations"),
  webhook: (url) => ask("PUT", "/sim/webhook", { url }),
  verify: () => ask("POST", "/sim/webhook/verify"),
  advance: (advance_seconds) => ask("POST", "/sim/clock", { advance_seconds }),
};

// Calls `look` now and after every change, one at a time; reconnects by itself.
export function watch(look, onConnection) {
  let running = false;
  let again = false;
  const run = async () => {
    if (running) return void (again = true);
    running = true;
    do {
      again = false;
      try {
        await look();
      } catch (error) {
        console.error(error);
      }
    } while (again);
    running = false;
  };
  const events = new EventSource("/sim/events");
  events.onmessage = run;
  events.onopen = () => {
    onConnection(true);
    run();
  };
  events.onerror = () => onConnection(false);
  return run;
}

// The bytes of a file as base64.
export function base64(blob) {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(blob);
  });
}
