import { IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Content } from "../../api/types";
import { Words } from "../Words";
import classes from "./bubbles.module.css";
import { Choice, Choices, ContactCards, FileCard, Order, Place } from "./Cards";
import { MediaState, Unscanned } from "./MediaState";
import { Clip, Picture, Sticker } from "./Picture";
import { Voice } from "./Voice";

interface Props {
  content: Content;
  onOpen: (media: string) => void;
}

/** What a message holds, by its kind. To show a new kind: a case here and its component beside. */
export function Body({ content, onOpen }: Props) {
  switch (content.kind) {
    case "text":
      return <Words text={content.text} />;
    case "choices":
      return <Choices content={content} />;
    case "image":
    case "video":
    case "document":
    case "sticker":
      return (
        <>
          <Visual content={content} onOpen={onOpen} />
          <Unscanned media={content.media} />
          {content.caption && (
            <span className={classes.caption}>
              <Words text={content.caption} />
            </span>
          )}
        </>
      );
    case "audio":
      return content.media.state === "ready" ? (
        <>
          <Voice media={content.media} />
          <Unscanned media={content.media} />
        </>
      ) : (
        <MediaState media={content.media} kind={content.media.voice ? "voice" : "audio"} />
      );
    case "location":
      return <Place content={content} />;
    case "contacts":
      return <ContactCards content={content} />;
    case "reply":
      return <Choice content={content} />;
    case "order":
      return <Order content={content} />;
    case "unsupported":
      return <Unsupported type={content.type} reason={content.reason} />;
    case "system":
      return <Words text={content.text ?? ""} />;
    case "activity":
      return null;
    default:
      return <Unsupported type={(content as { kind: string }).kind} reason={null} />;
  }
}

function Visual({
  content,
  onOpen,
}: {
  content: Extract<Content, { caption: string | null }>;
  onOpen: Props["onOpen"];
}) {
  const { media, caption, kind } = content;
  if (media.state !== "ready") return <MediaState media={media} kind={kind} />;
  if (kind === "image") return <Picture media={media} caption={caption} onOpen={onOpen} />;
  if (kind === "video") return <Clip media={media} caption={caption} onOpen={onOpen} />;
  if (kind === "sticker") return <Sticker media={media} />;
  return <FileCard media={media} />;
}

function Unsupported({ type, reason }: { type: string | null; reason: string | null }) {
  const { t } = useTranslation();
  return (
    <span className={classes.unsupported}>
      <IconInfoCircle size={18} aria-hidden="true" />
      <span>
        {t("unsupported.text")}
        <small>{[type, reason].filter(Boolean).join(": ")}</small>
      </span>
    </span>
  );
}
