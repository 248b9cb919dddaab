import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { channelsQuery, inboxesQuery, queryClient } from "../../api/queries";
import type { Inbox } from "../../api/types";
import { Waiting } from "../../shell/Waiting";
import { Confirm } from "../Confirm";
import { Page } from "../Page";
import settings from "../settings.module.css";
import { Bot } from "./Bot";
import { Callback } from "./Callback";
import { Checks } from "./Checks";
import { InboxForm } from "./InboxForm";

function keep(inbox: Inbox) {
  queryClient.setQueryData(
    inboxesQuery.queryKey,
    (old) =>
      old && {
        items: old.items.some((i) => i.id === inbox.id)
          ? old.items.map((i) => (i.id === inbox.id ? inbox : i))
          : [...old.items, inbox],
      },
  );
}

/** Connects a new number or changes one: the fields come from the channel's own description. */
export function InboxPage() {
  const { t } = useTranslation();
  const { inboxId } = useParams({ from: "/desk/settings/inboxes/$inboxId" });
  const navigate = useNavigate();
  const channels = useQuery(channelsQuery);
  const inboxes = useQuery(inboxesQuery);
  const [doomed, setDoomed] = useState(false);

  if (!channels.data || !inboxes.data) return <Waiting />;
  const inbox = inboxes.data.items.find((i) => i.id === inboxId);
  const channel = channels.data.items.find((c) => c.kind === inbox?.kind) ?? channels.data.items[0];
  if (!channel) return null;
  if (!inbox && inboxId !== "new") {
    return (
      <Page title={t("shell.not_found")} back="/settings/inboxes">
        <p className={settings.empty}>{t("error.not_found")}</p>
      </Page>
    );
  }

  return (
    <Page
      title={inbox ? inbox.name : t("inbox.connect_kind", { kind: channel.name })}
      back="/settings/inboxes"
      action={
        inbox && (
          <Button variant="subtle" color="red" onClick={() => setDoomed(true)}>
            {t("action.delete")}
          </Button>
        )
      }
    >
      <section className={settings.card}>
        <InboxForm
          key={inbox?.id ?? "new"}
          channel={channel}
          inbox={inbox}
          onSaved={(saved) => {
            keep(saved);
            if (!inbox) {
              void navigate({
                to: "/settings/inboxes/$inboxId",
                params: { inboxId: saved.id },
                replace: true,
              });
            }
          }}
        />
      </section>
      {inbox && <Callback inbox={inbox} />}
      {inbox && <Checks inbox={inbox} onChecked={keep} />}
      {inbox && <Bot inbox={inbox} />}
      {inbox && (
        <Confirm
          opened={doomed}
          title={t("inbox.delete", { name: inbox.name })}
          text={t("inbox.delete_help")}
          action={t("action.delete")}
          onClose={() => setDoomed(false)}
          onConfirm={async () => {
            await api.inboxes.remove(inbox.id);
            await queryClient.invalidateQueries({ queryKey: inboxesQuery.queryKey });
            await navigate({ to: "/settings/inboxes" });
          }}
        />
      )}
    </Page>
  );
}
