import {
  IconDownload,
  IconMicrophone,
  IconMusic,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Media } from "../../api/types";
import { duration } from "../../locales/time";
import { saved } from "../saved";
import { bars, listen } from "../waveform";
import classes from "./bubbles.module.css";

const barCount = 44;
const speeds = [1, 1.5, 2] as const;

// The chosen speed holds for the next recording too, and a new recording silences the one before.
let chosenSpeed: (typeof speeds)[number] = 1;
let playing: HTMLAudioElement | null = null;

/** Plays a voice message or a piece of audio; the waveform is also the place to jump in it. */
export function Voice({ media }: { media: Media }) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [told, setTold] = useState((media.duration_ms ?? 0) / 1000);
  const [speed, setSpeed] = useState<number>(chosenSpeed);
  const [broken, setBroken] = useState(false);
  const url = media.url ?? "";

  const heard = useQuery({
    queryKey: ["waveform", media.id],
    queryFn: () => listen(url, barCount),
    enabled: media.waveform === null && url !== "",
    retry: false,
  });
  const length = told || (heard.data?.seconds ?? 0);
  const shape = bars(media.waveform ?? heard.data?.waveform ?? [], barCount);

  useEffect(() => {
    const element = audio.current;
    return () => {
      if (playing === element) playing = null;
      element?.pause();
    };
  }, []);

  async function toggle() {
    const element = audio.current;
    if (!element) return;
    if (!element.paused) {
      element.pause();
      return;
    }
    if (playing && playing !== element) playing.pause();
    playing = element;
    element.playbackRate = speed;
    try {
      await element.play();
    } catch {
      setBroken(true);
    }
  }

  function faster() {
    const next = speeds[(speeds.indexOf(speed as 1) + 1) % speeds.length] ?? 1;
    chosenSpeed = next;
    setSpeed(next);
    if (audio.current) audio.current.playbackRate = next;
  }

  function jump(to: number) {
    setAt(to);
    if (audio.current) audio.current.currentTime = to;
  }

  const done = length > 0 ? at / length : 0;
  return (
    <div className={classes.voice} data-testid="voice-player">
      {/* biome-ignore lint/a11y/useMediaCaption: what a customer recorded has no captions */}
      <audio
        ref={audio}
        src={url}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => {
          setPlaying(false);
          jump(0);
        }}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onLoadedMetadata={(event) => {
          const known = event.currentTarget.duration;
          // Recordings straight from a browser do not say how long they are.
          if (Number.isFinite(known) && known > 0) setTold(known);
        }}
        onError={() => setBroken(true)}
      />
      <button
        type="button"
        className={classes.play}
        onClick={() => void toggle()}
        aria-label={isPlaying ? t("voice.pause") : t("voice.play")}
      >
        {isPlaying ? <IconPlayerPauseFilled size={19} /> : <IconPlayerPlayFilled size={19} />}
      </button>
      <div className={classes.track}>
        <div className={classes.bars} dir="ltr">
          {shape.map((height, n) => (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: bars have no identity but their place
              key={n}
              className={classes.bar}
              data-heard={n / barCount < done}
              style={{ blockSize: `${Math.max(9, height)}%` }}
            />
          ))}
          <input
            type="range"
            className={classes.seek}
            aria-label={t("voice.position")}
            aria-valuetext={t("voice.at", { at: duration(at * 1000), length: duration(length * 1000) })}
            min={0}
            max={length || 1}
            step={0.1}
            value={Math.min(at, length || 1)}
            onChange={(event) => jump(Number(event.currentTarget.value))}
          />
        </div>
        <div className={classes.voiceFoot}>
          {media.voice ? (
            <IconMicrophone size={13} aria-hidden="true" />
          ) : (
            <IconMusic size={13} aria-hidden="true" />
          )}
          <span>{broken ? t("voice.broken") : duration((isPlaying || at > 0 ? at : length) * 1000)}</span>
          {broken && (
            <a href={saved(media.url)} download className={classes.inlineLink}>
              <IconDownload size={13} aria-hidden="true" /> {t("media.download")}
            </a>
          )}
        </div>
      </div>
      <button
        type="button"
        className={classes.speed}
        onClick={faster}
        aria-label={t("voice.speed", { speed })}
      >
        {speed}×
      </button>
    </div>
  );
}
