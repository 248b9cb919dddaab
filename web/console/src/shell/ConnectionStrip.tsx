import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { connection, useWatched } from "../feed/connection";
import classes from "./shell.module.css";

/** Says when messages may be late. Silent while everything is well. */
export function ConnectionStrip({ reconnect }: { reconnect: () => void }) {
  const { t } = useTranslation();
  const now = useWatched(connection);
  const seconds = useCountdown(now.state === "waiting" ? now.retryAt : null);
  const text =
    now.state === "online"
      ? t("connection.online")
      : now.state === "offline"
        ? t("connection.offline")
        : now.state === "waiting"
          ? t("connection.waiting", { seconds })
          : t("connection.connecting");
  // The first connection takes a moment that nobody needs to read about.
  const quiet = now.state === "online" || now.state === "connecting";
  return (
    <div
      className={quiet ? "sr-only" : classes.strip}
      role="status"
      data-testid="connection-state"
      data-state={now.state}
    >
      <span>{text}</span>
      {!quiet && now.state === "waiting" && (
        <button type="button" onClick={reconnect}>
          {t("connection.now")}
        </button>
      )}
    </div>
  );
}

function useCountdown(until: number | null): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (until === null) return;
    const tick = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}
