import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { gapsQuery, operationQuery, queryClient } from "../../api/queries";
import type { Gap } from "../../api/types";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { done, failed } from "../../shell/toast";
import { Confirm } from "../Confirm";
import { More } from "../More";
import { Section } from "../Section";
import settings from "../settings.module.css";
import { Facts } from "./Facts";
import classes from "./operation.module.css";
import { RawDelivery } from "./RawDelivery";

async function changed() {
  await queryClient.invalidateQueries({ queryKey: gapsQuery.queryKey });
  await queryClient.invalidateQueries({ queryKey: operationQuery.queryKey });
}

/** Deliveries that were accepted and of which something is not shown. */
export function Gaps() {
  const { t } = useTranslation();
  const gaps = useInfiniteQuery(gapsQuery);
  const [shown, setShown] = useState<Gap | null>(null);
  const [closing, setClosing] = useState<Gap | null>(null);
  const items = gaps.data?.pages.flatMap((page) => page.items) ?? [];
  const none = gaps.isSuccess && items.length === 0;

  async function replay(gap: Gap) {
    try {
      await api.gaps.replay(gap.id);
      done(t("gaps.replayed"));
      setShown(null);
      await changed();
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Section id="delivery-gaps" title={t("gaps.title")} help={none ? undefined : t("gaps.help")}>
      {none ? (
        <p className={classes.quiet}>{t("gaps.empty")}</p>
      ) : (
        <ul className={classes.items}>
          {items.map((gap) => (
            <li key={gap.id} data-testid="gap">
              <Facts reason={t(`gap.${gap.reason}`)} item={gap}>
                {gap.replayed_at === null
                  ? t("gaps.noticed", { time: shortMoment(gap.noticed_at, currentLocale()) })
                  : t("gaps.tried", { time: shortMoment(gap.replayed_at, currentLocale()) })}
              </Facts>
              <div className={settings.actions}>
                <Button size="xs" variant="default" onClick={() => setShown(gap)}>
                  {t("parked.view")}
                </Button>
                <Button size="xs" variant="default" onClick={() => setClosing(gap)}>
                  {t("gaps.close")}
                </Button>
                <Button size="xs" variant="light" onClick={() => void replay(gap)}>
                  {t("parked.replay")}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      <More list={gaps} />
      <RawDelivery
        title={shown ? t(`gap.${shown.reason}`) : undefined}
        note={shown?.detail}
        id={shown && `gap-${shown.id}`}
        read={() => api.gaps.one(shown?.id ?? "")}
        onClose={() => setShown(null)}
        onReplay={() => shown && void replay(shown)}
      />
      <Confirm
        opened={closing !== null}
        title={t("gaps.close")}
        text={t("gaps.close_help")}
        action={t("gaps.close")}
        onClose={() => setClosing(null)}
        onConfirm={async () => {
          if (closing) await api.gaps.close(closing.id);
          await changed();
        }}
      />
    </Section>
  );
}
