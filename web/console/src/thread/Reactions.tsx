import { Popover } from "@mantine/core";
import { IconMoodPlus } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { queryClient } from "../api/queries";
import type { Message } from "../api/types";
import { applyEvent } from "../feed/apply";
import { failed } from "../shell/toast";
import classes from "./thread.module.css";

const EmojiPicker = lazy(() => import("../composer/EmojiPicker").then((m) => ({ default: m.EmojiPicker })));

const quick = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

async function react(message: Message, emoji: string) {
  try {
    const changed = await api.messages.react(message.id, emoji);
    applyEvent(queryClient, { type: "event", seq: 0, kind: "message", message: changed });
  } catch (error) {
    failed(error);
  }
}

/** The reactions under a bubble; one's own is taken back by pressing it. */
export function Reactions({ message, canReact }: { message: Message; canReact: boolean }) {
  const { t } = useTranslation();
  if (message.reactions.length === 0) return null;
  return (
    <span className={classes.reactions}>
      {message.reactions.map((reaction) =>
        reaction.by === "agent" ? (
          <button
            type="button"
            key={`agent${reaction.emoji}`}
            className={classes.reaction}
            data-mine="true"
            disabled={!canReact}
            onClick={() => void react(message, "")}
            aria-label={t("reaction.remove", { emoji: reaction.emoji })}
            title={t("reaction.remove", { emoji: reaction.emoji })}
          >
            {reaction.emoji}
          </button>
        ) : (
          <span
            key={`contact${reaction.emoji}`}
            className={classes.reaction}
            role="img"
            aria-label={t("reaction.theirs", { emoji: reaction.emoji })}
          >
            {reaction.emoji}
          </span>
        ),
      )}
    </span>
  );
}

/** The button that adds a reaction: a few at hand, the rest behind the plus. */
export function AddReaction({ message }: { message: Message }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const [all, setAll] = useState(false);
  const mine = message.reactions.find((r) => r.by === "agent")?.emoji;

  function choose(emoji: string) {
    setOpened(false);
    void react(message, emoji === mine ? "" : emoji);
  }

  return (
    <Popover
      opened={opened}
      onChange={(now) => {
        setOpened(now);
        if (!now) setAll(false);
      }}
      position="top"
      trapFocus
      withRoles
      keepMounted={false}
    >
      <Popover.Target>
        <button
          type="button"
          className={classes.tool}
          data-testid="reaction-add"
          aria-label={t("reaction.add")}
          onClick={() => setOpened((now) => !now)}
        >
          <IconMoodPlus size={18} stroke={1.6} />
        </button>
      </Popover.Target>
      <Popover.Dropdown p={all ? 0 : 4} aria-label={t("reaction.add")}>
        {all ? (
          <Suspense fallback={<div className={classes.pickerWaiting} />}>
            <EmojiPicker onPick={choose} />
          </Suspense>
        ) : (
          <div className={classes.quick}>
            {quick.map((emoji) => (
              <button
                type="button"
                key={emoji}
                className={classes.quickEmoji}
                data-chosen={emoji === mine}
                aria-pressed={emoji === mine}
                onClick={() => choose(emoji)}
              >
                {emoji}
              </button>
            ))}
            <button
              type="button"
              className={classes.quickEmoji}
              aria-label={t("reaction.more")}
              onClick={() => setAll(true)}
            >
              <IconMoodPlus size={20} stroke={1.6} />
            </button>
          </div>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
