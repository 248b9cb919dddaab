import type { Content, Media } from "../api/types";
import type { Attachment } from "./attachment";

/** A file of this browser in the shape of the server's media, to be shown before it is uploaded. */
export function localMedia(
  file: File,
  url: string,
  voice: boolean,
  lengthMs: number | null,
  waveform: number[] = [],
): Media {
  return {
    id: url,
    state: "ready",
    mime: file.type,
    size: file.size,
    name: file.name,
    width: null,
    height: null,
    duration_ms: lengthMs,
    waveform,
    voice,
    animated: false,
    url,
    thumbnail_url: null,
    failure: null,
    threat: null,
    unscanned: false,
  };
}

/** How an attachment looks as a message. */
export function localContent(attachment: Attachment, caption: string): Content {
  const { kind, file, url } = attachment;
  const media = localMedia(file, url, kind === "voice", null);
  if (kind === "audio" || kind === "voice") return { kind: "audio", media };
  return { kind, media, caption: caption || null };
}
