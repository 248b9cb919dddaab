import { Menu } from "@mantine/core";
import { IconBulb, IconThumbUp } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { intentsQuery, queryClient, understoodQuery } from "../api/queries";
import type { Intent, Message, UnderstoodMessage } from "../api/types";
import { useIntentName } from "../settings/intents/names";
import { useMay } from "../shell/permission";
import { done, failed } from "../shell/toast";
import classes from "./understood.module.css";

/** What the bot understands of a customer's message, why, and a click to say what it means. */
export function Understood({ message }: { message: Message }) {
  const reads = useMay("knowledge.read");
  const { data: intents } = useQuery({ ...intentsQuery, enabled: reads });
  const known = intents?.items ?? [];
  const conversation = message.conversation_id;
  const { data: told } = useQuery({
    ...understoodQuery(conversation),
    enabled: known.length > 0,
    // A row is drawn anew only when what is understood of its own message is another thing.
    select: ({ items }) => items.find(({ message_id }) => message_id === message.id) ?? null,
  });
  // A workspace without intents has nothing to be understood.
  return told && known.length > 0 ? <Told told={told} intents={known} conversation={conversation} /> : null;
}

interface ToldProps {
  told: UnderstoodMessage;
  intents: Intent[];
  conversation: string;
}

function Told({ told, intents, conversation }: ToldProps) {
  const { t } = useTranslation();
  const may = useMay("conversation.reply");
  const { understood, correction } = told;
  const name = useIntentName();
  const guess = understood.none
    ? t("intent.no_intent")
    : `${name(understood.intent_id)} · ${understood.confidence} %`;
  const label = correction
    ? `${name(correction.intent_id)} · ${t(`intent.state_${correction.state}`)}`
    : guess;
  const why = understood.corrected
    ? t("intent.learned_word")
    : understood.nearest && t("intent.why", { text: understood.nearest });

  async function correct(intent: string | null) {
    try {
      const { state } = await api.intents.correct(told.message_id, intent);
      await queryClient.invalidateQueries({ queryKey: understoodQuery(conversation).queryKey });
      done(t(state === "accepted" ? "intent.corrected" : "intent.corrected_waiting"));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Menu position="bottom-start" withinPortal shadow="md" width={280} disabled={!may}>
      <Menu.Target>
        <button
          type="button"
          className={classes.understood}
          data-testid="understood"
          disabled={!may}
          aria-label={t("intent.understood_as", { name: label })}
        >
          <IconBulb size={13} aria-hidden="true" />
          <bdi>{label}</bdi>
        </button>
      </Menu.Target>
      <Menu.Dropdown className={classes.choices ?? ""}>
        <div className={classes.why} dir="auto">
          {t("intent.understood_as", { name: guess })}
          {why && <small>{why}</small>}
        </div>
        {!understood.none && understood.intent_id !== null && correction === null && (
          <Menu.Item
            leftSection={<IconThumbUp size={15} />}
            data-testid="meaning-right"
            onClick={() => void correct(understood.intent_id)}
          >
            {t("intent.right")}
          </Menu.Item>
        )}
        <Menu.Label>{t("intent.correct")}</Menu.Label>
        {intents
          .filter((intent) => intent.enabled)
          .map((intent) => (
            <Menu.Item key={intent.id} data-testid="meaning" onClick={() => void correct(intent.id)}>
              <bdi>{intent.name}</bdi>
            </Menu.Item>
          ))}
        <Menu.Divider />
        <Menu.Item data-testid="meaning-none" onClick={() => void correct(null)}>
          {t("intent.none")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
