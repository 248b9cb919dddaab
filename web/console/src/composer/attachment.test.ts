import { expect, test } from "vitest";
import type { Capabilities } from "../api/types";
import { classify } from "./attachment";

const capabilities: Capabilities = {
  text_limit: 4096,
  caption_limit: 1024,
  choices: 10,
  media: [
    { kind: "image", mimes: ["image/jpeg", "image/png"], max_bytes: 5_000_000 },
    { kind: "video", mimes: ["video/mp4"], max_bytes: 16_000_000 },
    { kind: "audio", mimes: ["audio/ogg", "audio/mpeg"], max_bytes: 16_000_000 },
    { kind: "document", mimes: ["*/*"], max_bytes: 100_000_000 },
  ],
  quote: true,
  reactions: true,
  typing: true,
  read_receipts: true,
  edit: false,
  delete: false,
  window_hours: 24,
};

test.each([
  ["image/png", 1_000, "image", null],
  ["audio/ogg; codecs=opus", 1_000, "audio", null],
  ["image/gif", 1_000, "document", null],
  ["image/png", 6_000_000, "document", null],
  ["application/pdf", 1_000, "document", null],
  ["video/mp4", 200_000_000, "document", { code: "size", limit: 100_000_000 }],
  ["image/png", 0, "document", { code: "empty" }],
])("%s of %d bytes goes out as %s", (mime, size, kind, problem) => {
  expect(classify(mime, size, capabilities)).toEqual({ kind, problem });
});

test("without documents a foreign type is refused", () => {
  const strict = { ...capabilities, media: capabilities.media.filter((m) => m.kind !== "document") };
  expect(classify("application/zip", 10, strict).problem).toEqual({ code: "type" });
  expect(classify("image/png", 6_000_000, strict).problem).toEqual({ code: "size", limit: 5_000_000 });
});
