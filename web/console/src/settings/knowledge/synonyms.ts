import type { Synonyms } from "../../api/types";

/** The groups for questions in one language, or, without one, in every. */
export function groupsOf(all: Synonyms, language: string): string[][] {
  return (language === "" ? all.groups : all.languages?.[language]) ?? [];
}

/** The same with other groups for a language. */
export function withGroups(all: Synonyms, language: string, groups: string[][]): Synonyms {
  if (language === "") return { groups, languages: all.languages ?? {} };
  const { [language]: _before, ...others } = all.languages ?? {};
  return { ...all, languages: groups.length > 0 ? { ...others, [language]: groups } : others };
}

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

/** What is wrong, with the line on which it stands: `groups[2]` is the third group, `languages.de[2]` that of a language. */
export function problems(
  fields: { path: string; message: string }[],
  lines: number[],
  language = "",
): { line: number | null; message: string }[] {
  return fields.map(({ path, message }) => {
    const list = language === "" ? "groups" : ["languages", language].join(".");
    const place = path.startsWith(`${list}[`) ? /\[(\d+)\]/.exec(path)?.[1] : undefined;
    return { line: place === undefined ? null : (lines[Number(place)] ?? null), message };
  });
}
