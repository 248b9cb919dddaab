import { expect, test } from "vitest";
import { markup } from "./markup";

const tags = { bold: "b", italic: "i", struck: "s", mono: "m" };

function shown(text: string): string {
  return markup(text)
    .map((run) =>
      run.styles.reduceRight((inner, style) => `<${tags[style]}>${inner}</${tags[style]}>`, run.text),
    )
    .join("");
}

test.each([
  ["*bold* and _thin_", "<b>bold</b> and <i>thin</i>"],
  ["~gone~", "<s>gone</s>"],
  ["*both _at once_*", "<b>both </b><b><i>at once</i></b>"],
  ["2*3*4 = 24", "2*3*4 = 24"],
  ["snake_case_name", "snake_case_name"],
  ["* not a sign *", "* not a sign *"],
  ["*over\nlines*", "*over\nlines*"],
  ["```let a = *b*;```", "<m>let a = *b*;</m>"],
  ["```open", "```open"],
  ["**", "**"],
  ["你好*重要*！", "你好*重要*！"],
  ["（*重要*）", "（<b>重要</b>）"],
])("%s", (text, expected) => {
  expect(shown(text)).toBe(expected);
});
