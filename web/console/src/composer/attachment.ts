import type { Capabilities, MediaKind, MediaRule } from "../api/types";

/** Why a file cannot be sent through a channel. */
export type Problem = { code: "type" } | { code: "size"; limit: number } | { code: "empty" };

export interface Attachment {
  id: string;
  file: File;
  kind: MediaKind;
  /** Address of the local preview; to be revoked when no longer shown. */
  url: string;
  problem: Problem | null;
}

function accepts(limit: MediaRule, mime: string): boolean {
  if (limit.mimes.length === 0) return true;
  const base = mime.split(";")[0]?.trim().toLowerCase() ?? "";
  return limit.mimes.some((m) => {
    const wanted = m.split(";")[0]?.trim().toLowerCase() ?? "";
    return (
      wanted === base || wanted === "*/*" || (wanted.endsWith("/*") && base.startsWith(wanted.slice(0, -1)))
    );
  });
}

/**
 * Decides as what a file goes out: as what it is if the channel takes that, else as a document.
 * Stickers are never guessed: a picture stays a picture.
 */
export function classify(
  mime: string,
  size: number,
  capabilities: Capabilities,
  wanted: MediaKind | null = null,
): { kind: MediaKind; problem: Problem | null } {
  if (size === 0) return { kind: "document", problem: { code: "empty" } };
  const order: MediaKind[] = wanted ? [wanted, "audio", "document"] : ["image", "video", "audio", "document"];
  const limits = order.flatMap((kind) => capabilities.media.find((m) => m.kind === kind) ?? []);
  const fitting = limits.find((limit) => accepts(limit, mime) && size <= limit.max_bytes);
  if (fitting) return { kind: fitting.kind, problem: null };

  // A channel takes documents of types it has never heard of by calling them bytes.
  const documents = capabilities.media.find((m) => m.kind === "document");
  const tooLarge = limits.filter((limit) => accepts(limit, mime)).at(-1);
  if (tooLarge) return { kind: tooLarge.kind, problem: { code: "size", limit: tooLarge.max_bytes } };
  if (documents && accepts(documents, "application/octet-stream")) {
    return size <= documents.max_bytes
      ? { kind: "document", problem: null }
      : { kind: "document", problem: { code: "size", limit: documents.max_bytes } };
  }
  return { kind: "document", problem: { code: "type" } };
}

export function attach(file: File, capabilities: Capabilities, wanted: MediaKind | null = null): Attachment {
  const { kind, problem } = classify(
    file.type || "application/octet-stream",
    file.size,
    capabilities,
    wanted,
  );
  return { id: crypto.randomUUID(), file, kind, url: URL.createObjectURL(file), problem };
}
