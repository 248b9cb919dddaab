import { expect, test } from "vitest";
import { linkify } from "./linkify";

/** Links as `[text](address)`, the rest as it is. */
function shown(text: string): string {
  return linkify(text)
    .map((p) => (p.href === undefined ? p.text : `[${p.text}](${p.href})`))
    .join("");
}

test.each([
  ["plain words", "plain words"],
  ["see https://a.example/x?y=1&z=2.", "see [https://a.example/x?y=1&z=2](https://a.example/x?y=1&z=2)."],
  ["www.example.com, please", "[www.example.com](https://www.example.com/), please"],
  ["(https://a.example/b_(c))", "([https://a.example/b_(c)](https://a.example/b_(c)))"],
  ["mail me: ana@example.com!", "mail me: [ana@example.com](mailto:ana@example.com)!"],
  [
    "看https://例子.cn/页面，谢谢",
    "看[https://例子.cn/页面](https://xn--fsqu00a.cn/%E9%A1%B5%E9%9D%A2)，谢谢",
  ],
  ["https://user:secret@evil.example/", "https://user:secret@evil.example/"],
  ["http://localhost/admin", "http://localhost/admin"],
  ["javascript:alert(1)", "javascript:alert(1)"],
  ["<a href=https://a.example>x</a>", "<a href=[https://a.example](https://a.example/)>x</a>"],
  ["1.5 kg. And so on...", "1.5 kg. And so on..."],
])("%s", (text, expected) => {
  expect(shown(text)).toBe(expected);
});

test("nothing of the text is lost or doubled", () => {
  const text = "a https://x.example b www.y.example. c z@z.example)";
  expect(
    linkify(text)
      .map((p) => p.text)
      .join(""),
  ).toBe(text);
});
