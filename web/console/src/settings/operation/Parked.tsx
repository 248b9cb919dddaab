import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { operationQuery, parkedQuery, queryClient } from "../../api/queries";
import type { Parked as Item } from "../../api/types";
import { done, failed } from "../../shell/toast";
import { Confirm } from "../Confirm";
import { More } from "../More";
import { Section } from "../Section";
import settings from "../settings.module.css";
import { Facts } from "./Facts";
import classes from "./operation.module.css";
import { RawDelivery } from "./RawDelivery";

async function changed() {
  await queryClient.invalidateQueries({ queryKey: parkedQuery.queryKey });
  await queryClient.invalidateQueries({ queryKey: operationQuery.queryKey });
}

/** Deliveries that could not be read: why, what exactly came, and another try. */
export function Parked() {
  const { t } = useTranslation();
  const parked = useInfiniteQuery(parkedQuery);
  const [shown, setShown] = useState<Item | null>(null);
  const [all, setAll] = useState(false);
  const items = parked.data?.pages.flatMap((page) => page.items) ?? [];
  const none = parked.isSuccess && items.length === 0;

  async function replay(item: Item) {
    try {
      await api.parked.replay(item.id);
      done(t("parked.replayed"));
      setShown(null);
      await changed();
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Section
      id="parked-deliveries"
      title={t("parked.title")}
      help={none ? undefined : t("parked.help")}
      action={
        items.length > 1 && (
          <Button size="xs" variant="default" onClick={() => setAll(true)}>
            {t("parked.replay_all")}
          </Button>
        )
      }
    >
      {none ? (
        <p className={classes.quiet}>{t("parked.empty")}</p>
      ) : (
        <ul className={classes.items}>
          {items.map((item) => (
            <li key={item.id} data-testid="parked">
              <Facts reason={item.reason} item={item}>
                {t("parked.attempts", { count: item.attempts })}
              </Facts>
              <div className={settings.actions}>
                <Button size="xs" variant="default" onClick={() => setShown(item)}>
                  {t("parked.view")}
                </Button>
                <Button size="xs" variant="light" onClick={() => void replay(item)}>
                  {t("parked.replay")}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      <More list={parked} />
      <RawDelivery
        title={shown?.reason}
        id={shown && `parked-${shown.id}`}
        read={() => api.parked.one(shown?.id ?? "")}
        onClose={() => setShown(null)}
        onReplay={() => shown && void replay(shown)}
      />
      <Confirm
        opened={all}
        title={t("parked.replay_all")}
        text={t("parked.replay_all_help")}
        action={t("parked.replay_all")}
        harmless
        onClose={() => setAll(false)}
        onConfirm={async () => {
          const { count } = await api.parked.replayAll();
          done(t("parked.replayed_all", { count }));
          await changed();
        }}
      />
    </Section>
  );
}
