import { Button, Modal, Textarea } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { inboxesQuery, parkedQuery, queryClient } from "../../api/queries";
import type { Parked } from "../../api/types";
import { currentLocale } from "../../locales";
import { fileSize, shortMoment } from "../../locales/time";
import { done, failed } from "../../shell/toast";
import { Page } from "../Page";
import classes from "../settings.module.css";

/** Deliveries that could not be read: why, what exactly came, and another try. */
export function ParkedPage() {
  const { t } = useTranslation();
  const parked = useInfiniteQuery(parkedQuery);
  const { data: inboxes } = useQuery(inboxesQuery);
  const [shown, setShown] = useState<Parked | null>(null);
  const items = parked.data?.pages.flatMap((p) => p.items) ?? [];
  const inboxName = (id: string) => inboxes?.items.find((i) => i.id === id)?.name ?? id;

  async function replay(item: Parked) {
    try {
      await api.parked.replay(item.id);
      done(t("parked.replayed"));
      setShown(null);
      await queryClient.invalidateQueries({ queryKey: parkedQuery.queryKey });
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Page title={t("settings.parked")} help={t("parked.help")}>
      {parked.isSuccess && items.length === 0 ? (
        <p className={classes.empty}>
          <strong>{t("parked.empty")}</strong>
          {t("parked.empty_help")}
        </p>
      ) : (
        <ul className={classes.rows}>
          {items.map((item) => (
            <li key={item.id}>
              <div className={classes.grow}>
                <strong>{item.reason}</strong>
                <small>
                  {inboxName(item.inbox_id)} · {shortMoment(item.received_at, currentLocale())} ·{" "}
                  {fileSize(item.size, currentLocale())} · {t("parked.attempts", { count: item.attempts })}
                </small>
              </div>
              <Button size="xs" variant="default" onClick={() => setShown(item)}>
                {t("parked.view")}
              </Button>
              <Button size="xs" variant="light" onClick={() => void replay(item)}>
                {t("parked.replay")}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {parked.hasNextPage && (
        <Button
          variant="default"
          loading={parked.isFetchingNextPage}
          onClick={() => void parked.fetchNextPage()}
        >
          {t("parked.more")}
        </Button>
      )}
      <Modal
        opened={shown !== null}
        onClose={() => setShown(null)}
        title={shown?.reason}
        size="xl"
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {shown && <Raw item={shown} onReplay={() => void replay(shown)} />}
      </Modal>
    </Page>
  );
}

function Raw({ item, onReplay }: { item: Parked; onReplay: () => void }) {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: ["parked-body", item.id], queryFn: () => api.parked.one(item.id) });
  return (
    <div className={classes.form}>
      <Textarea
        label={t("parked.raw")}
        readOnly
        autosize
        minRows={6}
        maxRows={22}
        classNames={{ input: classes.raw }}
        value={data ? pretty(data.body) : "…"}
      />
      <div className={classes.buttons}>
        <Button onClick={onReplay}>{t("parked.replay")}</Button>
      </div>
    </div>
  );
}

/** Indents what is JSON and leaves the rest as it came. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
