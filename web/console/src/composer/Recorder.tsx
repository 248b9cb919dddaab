import { ActionIcon } from "@mantine/core";
import { IconPlayerStopFilled, IconSend2, IconTrash } from "@tabler/icons-react";
import i18next from "i18next";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Media } from "../api/types";
import { duration } from "../locales/time";
import { failed } from "../shell/toast";
import { Voice } from "../thread/bubbles/Voice";
import classes from "./composer.module.css";
import { localMedia } from "./local";
import { type Recording, record } from "./recording";

interface Props {
  onSend: (file: File, lengthMs: number, waveform: number[]) => void;
  onClose: () => void;
}

const shownLevels = 40;

function problem(cause: unknown) {
  const name = cause instanceof DOMException ? cause.name : "";
  if (name === "NotAllowedError") return "record.refused";
  return name === "NotFoundError" ? "record.no_microphone" : "record.failed";
}

/** Records a voice message in place of the text; it can be listened to before it is sent. */
export function Recorder({ onSend, onClose }: Props) {
  const { t } = useTranslation();
  const recording = useRef<Recording | null>(null);
  const [startedAt, setStartedAt] = useState<number | null>(null);
  const [elapsed, setElapsed] = useState(0);
  const [levels, setLevels] = useState<number[]>([]);
  const [taken, setTaken] = useState<{ file: File; media: Media; length: number } | null>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useEffect(() => {
    let gone = false;
    record().then(
      (begun) => {
        if (gone) {
          begun.cancel();
          return;
        }
        recording.current = begun;
        setStartedAt(Date.now());
      },
      (cause: unknown) => {
        if (gone) return;
        failed(new Error(i18next.t(problem(cause))));
        close.current();
      },
    );
    return () => {
      gone = true;
      recording.current?.cancel();
      recording.current = null;
    };
  }, []);

  useEffect(() => {
    if (startedAt === null || taken) return;
    const timer = setInterval(() => {
      setElapsed(Date.now() - startedAt);
      const level = Math.round((recording.current?.level() ?? 0) * 100);
      setLevels((old) => [...old, level]);
    }, 100);
    return () => clearInterval(timer);
  }, [startedAt, taken]);

  useEffect(() => {
    const url = taken?.media.url;
    return () => {
      if (url) URL.revokeObjectURL(url);
    };
  }, [taken]);

  async function stop(): Promise<{ file: File; length: number } | null> {
    const running = recording.current;
    if (!running || startedAt === null) return null;
    recording.current = null;
    const length = Date.now() - startedAt;
    return { file: await running.finish(), length };
  }

  async function hear() {
    const stopped = await stop();
    if (!stopped) return;
    const media = localMedia(stopped.file, URL.createObjectURL(stopped.file), true, stopped.length, levels);
    setTaken({ ...stopped, media });
  }

  async function finish() {
    const result = taken ?? (await stop());
    if (result) onSend(result.file, result.length, levels);
  }

  return (
    <fieldset className={classes.recorder} aria-label={t("record.title")}>
      <ActionIcon aria-label={t("record.cancel")} onClick={onClose} data-testid="record-cancel">
        <IconTrash size={20} stroke={1.7} />
      </ActionIcon>
      {taken ? (
        <div className={classes.heard}>
          <Voice media={taken.media} />
        </div>
      ) : (
        <>
          <span className={classes.recording} aria-hidden="true" />
          <span role="timer" className={classes.timer}>
            {duration(elapsed)}
          </span>
          <span className={classes.levels} aria-hidden="true" dir="ltr">
            {levels.slice(-shownLevels).map((level, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: bars have no identity but their place
              <span key={n} style={{ blockSize: `${8 + level * 0.92}%` }} />
            ))}
          </span>
          <ActionIcon aria-label={t("record.stop")} onClick={() => void hear()} data-testid="record-stop">
            <IconPlayerStopFilled size={19} />
          </ActionIcon>
        </>
      )}
      <ActionIcon
        variant="filled"
        color="pine"
        radius="xl"
        size={38}
        aria-label={t("record.send")}
        data-testid="record-send"
        onClick={() => void finish()}
      >
        <IconSend2 size={19} className="mirrored" />
      </ActionIcon>
    </fieldset>
  );
}
