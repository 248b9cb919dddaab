import { IconPlayerPlayFilled } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Media } from "../../api/types";
import { duration } from "../../locales/time";
import classes from "./bubbles.module.css";

const widest = 320;
const tallest = 340;

/** The box a picture takes before it is loaded, so that nothing jumps when it is. Pixels. */
export function box(width: number | null, height: number | null): { width: number; height: number } {
  if (!width || !height) return { width: 240, height: 240 };
  const scale = Math.min(1, widest / width, tallest / height);
  return { width: Math.max(96, Math.round(width * scale)), height: Math.max(64, Math.round(height * scale)) };
}

interface Props {
  media: Media;
  caption: string | null;
  onOpen: (media: string) => void;
}

export function Picture({ media, caption, onOpen }: Props) {
  const { t } = useTranslation();
  const [full, setFull] = useState(false);
  const size = box(media.width, media.height);
  return (
    <button
      type="button"
      className={classes.picture}
      style={{ inlineSize: size.width, aspectRatio: `${size.width} / ${size.height}` }}
      onClick={() => onOpen(media.id)}
      aria-label={caption ? t("media.open_image_captioned", { caption }) : t("media.open_image")}
    >
      <img
        src={(full ? null : media.thumbnail_url) ?? media.url ?? ""}
        alt=""
        loading="lazy"
        decoding="async"
        onError={() => setFull(true)}
      />
    </button>
  );
}

export function Clip({ media, caption, onOpen }: Props) {
  const { t } = useTranslation();
  const size = box(media.width, media.height);
  return (
    <button
      type="button"
      className={classes.picture}
      style={{ inlineSize: size.width, aspectRatio: `${size.width} / ${size.height}` }}
      onClick={() => onOpen(media.id)}
      aria-label={caption ? t("media.open_video_captioned", { caption }) : t("media.open_video")}
    >
      {media.thumbnail_url ? (
        <img src={media.thumbnail_url} alt="" loading="lazy" />
      ) : (
        // The fragment asks the browser for the first picture of the film.
        <video src={`${media.url ?? ""}#t=0.1`} preload="metadata" muted playsInline tabIndex={-1} />
      )}
      <span className={classes.playMark}>
        <IconPlayerPlayFilled size={22} />
      </span>
      {media.duration_ms !== null && <span className={classes.length}>{duration(media.duration_ms)}</span>}
    </button>
  );
}

export function Sticker({ media }: { media: Media }) {
  const { t } = useTranslation();
  return <img className={classes.sticker} src={media.url ?? ""} alt={t("kind.sticker")} loading="lazy" />;
}
