/** Marks between words in the scripts that are written here: Latin, Chinese, Arabic. */
const marks = /[,，、;；،؛\t|=]/;

/** Groups of words as a text: one group on each line, its words with commas between them. */
export function asText(groups: string[][]): string {
  return groups.map((words) => words.join(", ")).join("\n");
}

interface Read {
  groups: string[][];
  /** On which line each group stands, from 1 on. */
  lines: number[];
}

/** Reads such a text; empty lines and lines that begin with # say nothing. */
export function ofText(text: string): Read {
  const read: Read = { groups: [], lines: [] };
  text.split(/\r?\n/).forEach((line, place) => {
    const said = line.replace(/^\uFEFF/, "").trim();
    if (said === "" || said.startsWith("#")) return;
    const words = said.split(marks).map((word) => word.trim());
    read.groups.push(words.filter((word) => word !== ""));
    read.lines.push(place + 1);
  });
  return read;
}

/** What is wrong, with the line on which it stands: `groups[2]` is the third group. */
export function problems(
  fields: { path: string; message: string }[],
  lines: number[],
): { line: number | null; message: string }[] {
  return fields.map(({ path, message }) => {
    const place = /groups\[(\d+)\]/.exec(path)?.[1];
    return { line: place === undefined ? null : (lines[Number(place)] ?? null), message };
  });
}
