// Shows the API document. No markup is ever built from strings: text stays text.

const api = await (await fetch("/api/openapi.json")).json();
const main = document.getElementById("main");
const index = document.getElementById("index");
const methods = ["get", "post", "put", "patch", "delete"];

function el(name, props = {}, ...children) {
  const node = Object.assign(document.createElement(name), props);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Text with `code` in it. */
function inline(text) {
  return text.split(/(`[^`]*`)/).map((part) => (part.startsWith("`") ? el("code", {}, part.slice(1, -1)) : part));
}

/** The little Markdown that the description uses: headings, paragraphs, code. */
function prose(text) {
  return text.trim().split(/\n{2,}/).map((block) => {
    const heading = block.match(/^#+ (.*)/);
    return heading ? el("h2", {}, heading[1]) : el("p", {}, ...inline(block.replaceAll("\n", " ")));
  });
}

function schemaLink(name) {
  return el("a", { href: `#schema-${name}` }, name);
}

/** A type in a few words. */
function type(schema) {
  if (!schema) return [""];
  if (schema.$ref) return [schemaLink(schema.$ref.split("/").pop())];
  const options = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (options) return join(options.map(type), schema.allOf ? " and " : " or ");
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(" or ")];
  if (schema.type === "array") return ["list of ", ...type(schema.items)];
  if (schema.type === "object" && schema.additionalProperties) return ["map to ", ...type(schema.additionalProperties)];
  return [[schema.type].flat().filter(Boolean).join(" or ") || "anything"];
}

function join(lists, word) {
  return lists.flatMap((list, at) => (at === 0 ? list : [word, ...list]));
}

function table(heads, rows) {
  if (rows.length === 0) return null;
  return el(
    "table",
    {},
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, ...cell))))),
  );
}

function fields(schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    [el("code", {}, name), schema.required?.includes(name) ? "" : " (optional)"],
    type(field),
    inline(field.description ?? ""),
  ]);
  return table(["Field", "Type", "Meaning"], rows);
}

function example(value) {
  return value === undefined ? null : el("pre", {}, JSON.stringify(value, null, 2));
}

function operation(path, method, op) {
  const body = op.requestBody && Object.values(op.requestBody.content)[0]?.schema;
  const named = body?.$ref && api.components.schemas[body.$ref.split("/").pop()];
  const needs = op.security?.[0]?.session;
  const right = needs === undefined ? "For everybody." : needs.length ? `Needs ${needs.join(", ")}.` : "For any signed-in agent.";
  const parameters = (op.parameters ?? []).map((parameter) => [
    [el("code", {}, parameter.name), ` (${parameter.in})`],
    type(parameter.schema),
    inline(parameter.description ?? ""),
  ]);
  const responses = Object.entries(op.responses).map(([status, response]) => [
    [status],
    type(response.$ref ? { $ref: "#/components/schemas/Error" } : Object.values(response.content ?? {})[0]?.schema),
    inline(response.description ?? ""),
  ]);
  return el(
    "article",
    { id: op.operationId },
    el("h3", {}, el("span", { className: "method" }, method.toUpperCase()), path),
    el("p", {}, ...inline(op.summary ?? "")),
    op.description ? el("p", {}, ...inline(op.description)) : null,
    el("p", { className: "needs" }, right),
    table(["Parameter", "Type", "Meaning"], parameters),
    body ? el("h4", {}, "Body: ", ...type(body)) : null,
    named ? fields(named) : null,
    example(named?.example),
    el("h4", {}, "Answers"),
    table(["Status", "Body", "Meaning"], responses),
  );
}

main.replaceChildren(el("h1", {}, `${api.info.title} API ${api.info.version}`), ...prose(api.info.description));
const all = Object.entries(api.paths).flatMap(([path, item]) =>
  methods.filter((method) => item[method]).map((method) => ({ path, method, op: item[method] })),
);
for (const tag of api.tags) {
  const own = all.filter(({ op }) => op.tags?.includes(tag.name));
  main.append(el("h2", {}, tag.name), el("p", {}, tag.description), ...own.map(({ path, method, op }) => operation(path, method, op)));
  index.append(
    el("section", {}, el("h2", {}, tag.name), ...own.map(({ path, method, op }) =>
      el("a", { href: `#${op.operationId}`, title: op.summary ?? "" }, `${method.toUpperCase()} ${path}`))),
  );
}
main.append(el("h2", {}, "schemas"));
for (const [name, schema] of Object.entries(api.components.schemas)) {
  const options = schema.oneOf ?? [];
  main.append(
    el(
      "article",
      { id: `schema-${name}` },
      el("h3", {}, name),
      el("p", {}, ...inline(schema.description ?? "")),
      schema.properties ? fields(schema) : el("p", {}, ...(options.length ? [] : type(schema))),
      ...options.flatMap((option) => [el("p", {}, ...inline(option.description ?? ""), " ", ...(option.properties ? [] : type(option))), fields(option)]),
      example(schema.example),
    ),
  );
}

document.getElementById("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const link of index.querySelectorAll("a")) {
    link.hidden = !`${link.textContent} ${link.title}`.toLowerCase().includes(wanted);
  }
});
// The place in the address could not be found before it was there.
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
