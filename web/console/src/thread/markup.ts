/** How a run of text is set. */
export type Style = "bold" | "italic" | "struck" | "mono";

export interface Run {
  text: string;
  styles: Style[];
}

const signs: Record<string, Style> = { "*": "bold", _: "italic", "~": "struck" };
const word = /[\p{L}\p{N}]/u;

/**
 * Reads the light markup of messengers: `*bold*`, `_italic_`, `~struck~` and ` ``` mono ``` `.
 * A sign counts only at the edge of a word and closed in the same line, so that `2*3*4` stays as it is.
 */
export function markup(text: string): Run[] {
  const runs: Run[] = [];
  text.split("```").forEach((part, n, parts) => {
    const closed = n % 2 === 1 && n < parts.length - 1;
    if (closed) runs.push({ text: part, styles: ["mono"] });
    else read(n % 2 === 1 ? `\`\`\`${part}` : part, [], runs);
  });
  return runs.filter((run) => run.text !== "");
}

/** The text without its signs, for places that show one line of it. */
export function plain(text: string): string {
  return markup(text)
    .map((run) => run.text)
    .join("");
}

function read(text: string, styles: Style[], runs: Run[]) {
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? "";
    const style = signs[sign];
    if (!style || styles.includes(style)) continue;
    const end = closing(text, at, sign);
    if (end < 0) continue;
    runs.push({ text: text.slice(from, at), styles });
    read(text.slice(at + 1, end), [...styles, style], runs);
    at = end;
    from = end + 1;
  }
  runs.push({ text: text.slice(from), styles });
}

/** Where a sign that opens at `at` closes; -1 if it does not open or never closes. */
function closing(text: string, at: number, sign: string): number {
  const before = text[at - 1];
  const after = text[at + 1];
  if (after === undefined || /\s/.test(after) || after === sign) return -1;
  if (before !== undefined && word.test(before)) return -1;
  for (let end = at + 2; end < text.length; end += 1) {
    if (text[end] === "\n") return -1;
    if (text[end] !== sign || /\s/.test(text[end - 1] ?? "")) continue;
    const next = text[end + 1];
    if (next === undefined || !word.test(next)) return end;
  }
  return -1;
}
