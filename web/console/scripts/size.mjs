// What a first visit to the inbox loads: the entry, the pages on the way to it and one catalogue,
// with everything they import statically. Fails above the budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const budgetKb = 250;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const first = ["index.html", "src/shell/Shell.tsx", "src/inbox/InboxPage.tsx", "src/locales/en.json"];

const files = new Set();
function collect(key) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`the build has no chunk ${key}: has a first page been renamed?`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const sheet of chunk.css ?? []) files.add(sheet);
  for (const next of chunk.imports ?? []) collect(next);
}
for (const key of first) collect(key);

let total = 0;
for (const file of [...files].sort()) {
  const size = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  total += size;
  process.stdout.write(`${(size / 1024).toFixed(1).padStart(7)} KB  ${file}\n`);
}
const kb = total / 1024;
process.stdout.write(`${kb.toFixed(1).padStart(7)} KB  first load, gzip (budget ${budgetKb} KB)\n`);
if (kb > budgetKb) process.exit(1);
