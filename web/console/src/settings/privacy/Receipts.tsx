import { Button } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { failed } from "../../shell/toast";
import operation from "../operation/operation.module.css";
import { Section } from "../Section";
import settings from "../settings.module.css";

const receiptsQuery = queryOptions({ queryKey: ["receipts"], queryFn: api.privacy.receipts, staleTime: 0 });

/** The proof of each erasure, and whether the chains are whole. */
export function Receipts() {
  const { t } = useTranslation();
  const { data } = useQuery(receiptsQuery);
  const [said, setSaid] = useState<string | null>(null);

  async function check() {
    try {
      const { consents, receipts } = await api.privacy.chains();
      const broken = consents.broken_at ?? receipts.broken_at;
      setSaid(
        broken === null
          ? t("receipt.whole", { consents: consents.entries, receipts: receipts.entries })
          : t("receipt.broken", { number: broken }),
      );
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Section
      id="receipts"
      title={t("receipt.title")}
      help={t("receipt.help")}
      action={
        <Button size="xs" variant="default" onClick={() => void check()}>
          {t("receipt.check")}
        </Button>
      }
    >
      {said && <p role="status">{said}</p>}
      <ul className={operation.items}>
        {data?.items.map((receipt) => (
          <li key={receipt.id}>
            <div className={settings.grow}>
              <strong>{receipt.contact_id}</strong>
              <p className={settings.muted} style={{ overflowWrap: "anywhere" }}>
                {shortMoment(receipt.begun_at, currentLocale())} · {receipt.hash?.slice(0, 16)}
              </p>
            </div>
            <span>{t("receipt.messages", { count: receipt.erased.messages })}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
