import type { TFunction } from "i18next";
import type { Content } from "../api/types";
import type { Key } from "../locales";
import { plain } from "../thread/markup";

const kinds = new Set([
  "choices",
  "image",
  "video",
  "document",
  "sticker",
  "audio",
  "voice",
  "location",
  "contacts",
  "reply",
  "order",
  "system",
  "unsupported",
  "activity",
  "reaction",
]);

/** The name of a message's kind in the interface's language. */
export function kindName(kind: string, t: TFunction): string {
  return t((kinds.has(kind) ? `kind.${kind}` : "kind.unsupported") as Extract<Key, `kind.${string}`>);
}

/** One line for a message: its words, or what it is. */
export function preview(content: Content, t: TFunction): string {
  switch (content.kind) {
    case "text":
    case "choices":
      return plain(content.text);
    case "image":
    case "video":
    case "document":
    case "sticker":
      return (
        plain(content.caption ?? "") ||
        (content.kind === "document" && content.media.name) ||
        kindName(content.kind, t)
      );
    case "audio":
      return kindName(content.media.voice ? "voice" : "audio", t);
    case "location":
      return content.name || content.address || kindName("location", t);
    case "contacts":
      return content.cards.map((c) => c.name).join(", ") || kindName("contacts", t);
    case "reply":
      return content.title;
    case "order":
      return content.text || kindName("order", t);
    case "system":
      return content.text ?? kindName("system", t);
    case "unsupported":
      return kindName("unsupported", t);
    case "activity":
      return content.text ?? "";
  }
}
