import { Button } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queryClient } from "../../api/queries";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { failed } from "../../shell/toast";
import operation from "../operation/operation.module.css";
import { Section } from "../Section";
import settings from "../settings.module.css";

const holdsQuery = queryOptions({ queryKey: ["holds"], queryFn: api.privacy.holds, staleTime: 0 });

/** Customers whose data the law wants kept. */
export function Holds() {
  const { t } = useTranslation();
  const { data } = useQuery(holdsQuery);

  async function lift(id: string) {
    try {
      await api.privacy.lift(id);
      await queryClient.invalidateQueries({ queryKey: holdsQuery.queryKey });
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Section id="holds" title={t("hold.title")} help={t("hold.help")}>
      <ul className={operation.items}>
        {data?.items.map((hold) => (
          <li key={hold.id} data-testid="hold">
            <div className={settings.grow}>
              <strong dir="auto">{hold.reason}</strong>
              <p className={settings.muted}>
                {hold.contact_id} · {shortMoment(hold.placed_at, currentLocale())}
              </p>
            </div>
            {hold.lifted_at === null ? (
              <Button size="xs" variant="default" onClick={() => void lift(hold.id)}>
                {t("hold.lift")}
              </Button>
            ) : (
              <span>{t("hold.lifted", { time: shortMoment(hold.lifted_at, currentLocale()) })}</span>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
