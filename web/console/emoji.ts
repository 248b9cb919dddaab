import { createRequire } from "node:module";
import type { Plugin } from "vite";

/** One emoji as the picker needs it: a fifth of what the source file carries. */
interface SourceEmoji {
  unicode: string;
  label: string;
  tags?: string[];
  group?: number;
  order?: number;
  hexcode: string;
  skins?: { unicode: string }[];
}
interface SourceMessages {
  groups: { key: string; message: string; order: number }[];
}

const prefix = "virtual:emoji/";
/** Emojibase's group of bare skin tones and hair: no emoji to pick. */
const componentGroup = 2;

/**
 * Serves `virtual:emoji/<language>`: the emoji list of that language, cut down at build time,
 * so that the picker never asks a foreign host for its data.
 */
export function emojiData(): Plugin {
  const require = createRequire(import.meta.url);
  return {
    name: "emoji-data",
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${prefix}`)) return null;
      const language = id.slice(prefix.length + 1);
      const source = require(`emojibase-data/${language}/compact.json`) as SourceEmoji[];
      const messages = require(`emojibase-data/${language}/messages.json`) as SourceMessages;
      const emojis = source
        .filter((e) => e.group !== undefined && e.group !== componentGroup)
        .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
        .map((e) => [e.unicode, e.group, e.label, (e.tags ?? []).join(" ")]);
      const groups = messages.groups
        .filter((g) => g.order !== componentGroup)
        .map((g) => [g.order, g.message]);
      return `export default ${JSON.stringify({ emojis, groups })};`;
    },
  };
}
