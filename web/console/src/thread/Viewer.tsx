import { ActionIcon, Modal } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import {
  IconChevronLeft,
  IconChevronRight,
  IconDownload,
  IconX,
  IconZoomIn,
  IconZoomOut,
} from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Media, Message } from "../api/types";
import { saved } from "./saved";
import classes from "./viewer.module.css";

interface Props {
  messages: Message[];
  media: string;
  onChange: (media: string) => void;
  onClose: () => void;
}

interface Shown {
  media: Media;
  kind: "image" | "video";
  caption: string | null;
}

const scales = [1, 1.5, 2, 3, 4];

/** Shows pictures and films of a conversation large, one after another. */
export function Viewer({ messages, media, onChange, onClose }: Props) {
  const { t } = useTranslation();
  const all = useMemo(() => messages.flatMap(shown), [messages]);
  const at = all.findIndex((s) => s.media.id === media);
  const now = all[at];
  const [zoom, setZoom] = useState({ media, scale: 1 });
  const scale = zoom.media === media ? zoom.scale : 1;

  function step(by: number) {
    const next = all[at + by];
    if (next) onChange(next.media.id);
  }

  function magnify(by: number) {
    const level = scales.indexOf(scale) + by;
    setZoom({ media, scale: scales[Math.min(scales.length - 1, Math.max(0, level))] ?? 1 });
  }

  useHotkeys([
    ["ArrowLeft", () => step(-1)],
    ["ArrowRight", () => step(1)],
    ["+", () => magnify(1)],
    ["-", () => magnify(-1)],
  ]);

  if (!now) return null;
  const name = now.media.name ?? t(`kind.${now.kind}`);
  return (
    <Modal.Root opened onClose={onClose} fullScreen padding={0}>
      <Modal.Content className={classes.frame} aria-label={name}>
        <header className={classes.bar}>
          <span className={classes.name} dir="auto">
            {name}
          </span>
          {all.length > 1 && (
            <span className={classes.count}>{t("viewer.place", { at: at + 1, count: all.length })}</span>
          )}
          {now.kind === "image" && (
            <>
              <ActionIcon
                className={classes.tool ?? ""}
                onClick={() => magnify(-1)}
                aria-label={t("viewer.smaller")}
              >
                <IconZoomOut size={20} />
              </ActionIcon>
              <ActionIcon
                className={classes.tool ?? ""}
                onClick={() => magnify(1)}
                aria-label={t("viewer.larger")}
              >
                <IconZoomIn size={20} />
              </ActionIcon>
            </>
          )}
          <ActionIcon
            className={classes.tool ?? ""}
            component="a"
            href={saved(now.media.url)}
            download={now.media.name ?? true}
            aria-label={t("media.download")}
          >
            <IconDownload size={20} />
          </ActionIcon>
          <ActionIcon
            className={classes.tool ?? ""}
            onClick={onClose}
            aria-label={t("action.close")}
            data-autofocus
          >
            <IconX size={20} />
          </ActionIcon>
        </header>
        <div className={classes.stage} data-zoomed={scale > 1}>
          {now.kind === "image" ? (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the same zoom has keys and buttons
            <img
              className={classes.picture}
              src={now.media.url ?? ""}
              alt={now.caption ?? name}
              style={
                scale > 1
                  ? { maxInlineSize: "none", maxBlockSize: "none", inlineSize: `${scale * 100}%` }
                  : {}
              }
              onClick={() => magnify(scale > 1 ? -scales.length : 2)}
            />
          ) : (
            // biome-ignore lint/a11y/useMediaCaption: what a customer filmed has no captions
            <video className={classes.picture} src={now.media.url ?? ""} controls autoPlay />
          )}
        </div>
        {now.caption && (
          <p className={classes.caption} dir="auto">
            {now.caption}
          </p>
        )}
        {at > 0 && (
          <ActionIcon
            className={classes.side ?? ""}
            data-side="start"
            size={48}
            onClick={() => step(-1)}
            aria-label={t("viewer.previous")}
          >
            <IconChevronLeft size={28} className="mirrored" />
          </ActionIcon>
        )}
        {at < all.length - 1 && (
          <ActionIcon
            className={classes.side ?? ""}
            data-side="end"
            size={48}
            onClick={() => step(1)}
            aria-label={t("viewer.next")}
          >
            <IconChevronRight size={28} className="mirrored" />
          </ActionIcon>
        )}
      </Modal.Content>
    </Modal.Root>
  );
}

function shown(message: Message): Shown[] {
  const { content } = message;
  const isPicture = content.kind === "image" || content.kind === "video";
  if (!isPicture || content.media.state !== "ready") return [];
  return [{ media: content.media, kind: content.kind as "image" | "video", caption: content.caption }];
}
