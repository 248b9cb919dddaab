import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { hoursQuery, inboxesQuery, queryClient } from "../../api/queries";
import type { Hours, HoursState } from "../../api/types";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { Awaited } from "../../shell/Awaited";
import { useMay } from "../../shell/permission";
import { done, failed } from "../../shell/toast";
import { Page } from "../Page";
import settings from "../settings.module.css";
import { HoursForm } from "./HoursForm";

const everywhere = "workspace";

/** When people are there: in the workspace, and in inboxes that keep hours of their own. */
export function HoursPage() {
  const { t } = useTranslation();
  const [place, setPlace] = useState(everywhere);
  const { data: inboxes } = useQuery(inboxesQuery);
  const inbox = place === everywhere ? null : place;
  const query = useQuery(hoursQuery(inbox));
  return (
    <Page title={t("settings.hours")} help={t("hours.help")}>
      <Select
        label={t("hours.where")}
        data={[
          { value: everywhere, label: t("hours.everywhere") },
          ...(inboxes?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={place}
        allowDeselect={false}
        data-testid="hours-where"
        onChange={(value) => setPlace(value ?? everywhere)}
      />
      <Awaited query={query} />
      {query.data && <Place key={place} inbox={inbox} state={query.data} />}
    </Page>
  );
}

function Place({ inbox, state }: { inbox: string | null; state: HoursState }) {
  const { t } = useTranslation();
  const may = useMay("inbox.manage");
  const [writes, setWrites] = useState(false);
  const inherits = inbox !== null && !state.own && !writes;

  async function changed(work: () => Promise<HoursState>) {
    try {
      queryClient.setQueryData(hoursQuery(inbox).queryKey, await work());
      // Inboxes without hours of their own have the workspace's.
      await queryClient.invalidateQueries({ queryKey: ["hours"] });
      done(t("action.saved"));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <>
      <p className={settings.muted} role="status" data-testid="hours-now">
        {said(state, t)}
      </p>
      {inherits ? (
        <div className={settings.card}>
          <p className={settings.muted}>{t("hours.inherited")}</p>
          {may && (
            <Button variant="default" onClick={() => setWrites(true)} data-testid="hours-own">
              {t("hours.own")}
            </Button>
          )}
        </div>
      ) : (
        <HoursForm
          hours={state.hours}
          may={may}
          onSave={(hours: Hours) =>
            changed(() => (inbox ? api.inboxes.setHours(inbox, hours) : api.hours.set(hours)))
          }
          {...(state.own
            ? {
                remove: inbox ? t("hours.use_workspace") : t("hours.remove"),
                onRemove: async () => {
                  setWrites(false);
                  await changed(() => (inbox ? api.inboxes.removeHours(inbox) : api.hours.remove()));
                },
              }
            : {})}
        />
      )}
    </>
  );
}

function said({ open, opens_at }: HoursState, t: TFunction): string {
  if (open === null) return t("hours.unknown");
  if (open) return t("hours.open");
  if (opens_at === null) return t("hours.closed_now");
  return t("hours.opens", { when: shortMoment(opens_at, currentLocale()) });
}
