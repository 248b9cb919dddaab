import { ActionIcon } from "@mantine/core";
import { IconThumbDown, IconThumbUp } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { botAnswersQuery, queryClient } from "../api/queries";
import type { BotAnswer, Message } from "../api/types";
import { useMay } from "../shell/permission";
import { failed } from "../shell/toast";
import classes from "./judged.module.css";

/** Two buttons at an answer of the bot: it is right, or it is wrong. A second click takes that back. */
export function Judged({ message }: { message: Message }) {
  const may = useMay("conversation.reply");
  const { data } = useQuery({
    ...botAnswersQuery(message.conversation_id),
    enabled: may,
    // A row is drawn anew only when what is said of its own message is another thing.
    select: ({ items }) => items.find(({ message_id }) => message_id === message.id) ?? null,
  });
  return may && data ? <Buttons answer={data} conversation={message.conversation_id} /> : null;
}

function Buttons({ answer, conversation }: { answer: BotAnswer; conversation: string }) {
  const { t } = useTranslation();
  const { queryKey } = botAnswersQuery(conversation);

  async function judge(right: boolean) {
    try {
      const judged = await api.messages.verdict(answer.message_id, answer.mine === right ? null : right);
      queryClient.setQueryData(
        queryKey,
        (old) =>
          old && {
            ...old,
            items: old.items.map((one) => (one.message_id === judged.message_id ? judged : one)),
          },
      );
    } catch (error) {
      failed(error);
    }
  }

  return (
    <fieldset className={classes.judged} aria-label={t("verdict.about")} data-testid="judged">
      <ActionIcon
        size="sm"
        aria-label={t("verdict.right")}
        title={t("verdict.right")}
        aria-pressed={answer.mine === true}
        data-testid="answer-right"
        onClick={() => void judge(true)}
      >
        <IconThumbUp size={15} stroke={1.6} />
      </ActionIcon>
      <ActionIcon
        size="sm"
        aria-label={t("verdict.wrong")}
        title={t("verdict.wrong")}
        aria-pressed={answer.mine === false}
        data-testid="answer-wrong"
        onClick={() => void judge(false)}
      >
        <IconThumbDown size={15} stroke={1.6} />
      </ActionIcon>
    </fieldset>
  );
}
