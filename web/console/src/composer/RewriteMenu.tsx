import { ActionIcon, Button, Loader, Menu } from "@mantine/core";
import { IconSparkles } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { assistanceQuery, threadQuery } from "../api/queries";
import type { Rewriting as How } from "../api/types";
import type { Stretch } from "../feed/reduce";
import { inOrder } from "./languages";
import type { Rewriting } from "./rewriting";
import classes from "./rewriting.module.css";

const tones = ["friendlier", "formal", "shorter", "clearer"] as const;

/** The customer's language, where the bot noted it when it handed over. */
function spoken({ items }: Stretch): string | null {
  const noted = items.findLast(({ content }) => content.kind === "activity" && content.hand_over !== null);
  return noted?.content.kind === "activity" ? (noted.content.hand_over?.language ?? null) : null;
}

interface Props {
  conversation: string;
  disabled: boolean;
  onChoose: (how: How) => void;
}

/** What a language model can make of what is being written; nothing is shown where none may be used. */
export function RewriteMenu({ conversation, disabled, onChoose }: Props) {
  const { t } = useTranslation();
  const { data } = useQuery(assistanceQuery);
  const { data: customers } = useQuery({ ...threadQuery(conversation), enabled: false, select: spoken });
  if (!data?.available) return null;
  return (
    <Menu position="top-start" keepMounted={false} returnFocus={false} menuItemTabIndex={0}>
      <Menu.Target>
        <ActionIcon
          className={classes.button ?? ""}
          aria-label={t("model.rewrite")}
          title={t("model.rewrite")}
          disabled={disabled}
          data-testid="composer-rewrite"
        >
          <IconSparkles size={20} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("model.rewrite")}</Menu.Label>
        {tones.map((tone) => (
          <Menu.Item key={tone} onClick={() => onChoose({ tone })} data-testid={`rewrite-${tone}`}>
            {t(`model.tone_${tone}`)}
          </Menu.Item>
        ))}
        <Menu.Label>{t("model.translate_to")}</Menu.Label>
        <fieldset className={classes.languages} aria-label={t("model.translate_to")}>
          {inOrder(data.languages, customers ?? null).map(({ tag, name }) => (
            <Menu.Item
              key={tag}
              onClick={() => onChoose({ to: tag })}
              rightSection={
                tag === customers ? <small className={classes.whose}>{t("model.customers")}</small> : null
              }
              data-testid={`rewrite-to-${tag}`}
            >
              <bdi>{name}</bdi>
            </Menu.Item>
          ))}
        </fieldset>
      </Menu.Dropdown>
    </Menu>
  );
}

/** That the model is at work, or that it was and can be undone. */
export function Rewritten({ rewriting }: { rewriting: Rewriting }) {
  const { t } = useTranslation();
  const { busy, changed } = rewriting;
  return (
    <div role="status">
      {(busy || changed) && (
        <div className={classes.rewritten} data-testid="rewritten">
          {busy ? <Loader size="xs" aria-hidden="true" /> : <IconSparkles size={15} aria-hidden="true" />}
          <span>{t(busy ? "model.rewriting" : "model.rewritten")}</span>
          <Button
            size="compact-xs"
            variant="default"
            onClick={busy ? rewriting.stop : rewriting.undo}
            data-testid={busy ? "rewrite-stop" : "rewrite-undo"}
          >
            {t(busy ? "model.stop" : "model.undo")}
          </Button>
        </div>
      )}
    </div>
  );
}
