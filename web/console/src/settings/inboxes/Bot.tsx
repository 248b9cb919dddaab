import { Button, Group, NumberInput, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { botQuery, queryClient } from "../../api/queries";
import type { BotSetting, Inbox } from "../../api/types";
import { useMay } from "../../shell/permission";
import { done, failed } from "../../shell/toast";
import settings from "../settings.module.css";

/** Whether the bot answers in an inbox. */
export function Bot({ inbox }: { inbox: Inbox }) {
  const { t } = useTranslation();
  const { data } = useQuery(botQuery(inbox.id));
  return (
    <section className={settings.card} aria-labelledby="bot">
      <h2 id="bot">{t("bot.title")}</h2>
      <p className={settings.muted}>
        {t("bot.help")} <Link to="/settings/knowledge">{t("bot.knowledge")}</Link>
      </p>
      {data && <BotForm key={inbox.id} inbox={inbox} setting={data} />}
    </section>
  );
}

function BotForm({ inbox, setting }: { inbox: Inbox; setting: BotSetting }) {
  const { t } = useTranslation();
  const may = useMay("inbox.manage");
  const [values, setValues] = useState(setting);

  async function save(event: FormEvent) {
    event.preventDefault();
    try {
      const changed = await api.inboxes.setBot(inbox.id, values);
      queryClient.setQueryData(botQuery(inbox.id).queryKey, changed);
      done(t("action.saved"));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <form className={settings.form} onSubmit={save}>
      <Switch
        label={t("bot.enabled")}
        checked={values.enabled}
        disabled={!may}
        data-testid="bot-enabled"
        onChange={(event) => setValues({ ...values, enabled: event.currentTarget.checked })}
      />
      <NumberInput
        label={t("bot.threshold")}
        description={t("bot.threshold_help")}
        value={values.threshold}
        min={50}
        max={99}
        suffix=" %"
        allowDecimal={false}
        clampBehavior="strict"
        disabled={!may}
        data-testid="bot-threshold"
        onChange={(value) => typeof value === "number" && setValues({ ...values, threshold: value })}
      />
      <Switch
        label={t("bot.closed")}
        description={
          <>
            {t("bot.closed_help")} <Link to="/settings/hours">{t("settings.hours")}</Link>
          </>
        }
        checked={values.times === "closed"}
        disabled={!may}
        data-testid="bot-closed"
        onChange={(event) =>
          setValues({ ...values, times: event.currentTarget.checked ? "closed" : "always" })
        }
      />
      <Switch
        label={t("bot.shadow")}
        description={t("bot.shadow_help")}
        checked={values.shadow}
        disabled={!may || values.enabled}
        data-testid="bot-shadow"
        onChange={(event) => setValues({ ...values, shadow: event.currentTarget.checked })}
      />
      {may && (
        <Group gap={8}>
          <Button type="submit" data-testid="bot-save">
            {t("action.save")}
          </Button>
          <Button
            variant="default"
            data-testid="bot-try"
            renderRoot={(props) => (
              <Link to="/settings/inboxes/$inboxId/bot" params={{ inboxId: inbox.id }} {...props} />
            )}
          >
            {t("bot.try")}
          </Button>
        </Group>
      )}
    </form>
  );
}
