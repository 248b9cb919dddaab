import { Checkbox, NativeSelect } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queryClient } from "../../api/queries";
import type { SensitiveRule } from "../../api/types";
import { failed } from "../../shell/toast";
import operation from "../operation/operation.module.css";
import { Section } from "../Section";
import settings from "../settings.module.css";

const rulesQuery = queryOptions({ queryKey: ["sensitive"], queryFn: api.privacy.sensitive, staleTime: 0 });
const outbound = ["allow", "warn", "block"] as const;

/** What is masked when customers write it, and what a reply may carry. */
export function Sensitive() {
  const { t } = useTranslation();
  const { data } = useQuery(rulesQuery);

  async function decide(rule: SensitiveRule) {
    try {
      queryClient.setQueryData(rulesQuery.queryKey, await api.privacy.decide([rule]));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Section id="sensitive" title={t("sensitive.title")} help={t("sensitive.help")}>
      <ul className={operation.items}>
        {data?.rules.map((rule) => (
          <li key={rule.class}>
            <span className={settings.grow}>{t(`sensitive_class.${rule.class}`)}</span>
            <Checkbox
              label={t("sensitive.masked")}
              checked={rule.masked}
              onChange={(event) => void decide({ ...rule, masked: event.currentTarget.checked })}
            />
            <NativeSelect
              aria-label={t("sensitive.outbound", { what: t(`sensitive_class.${rule.class}`) })}
              data={outbound.map((value) => ({ value, label: t(`outbound.${value}`) }))}
              value={rule.outbound}
              onChange={(event) =>
                void decide({ ...rule, outbound: event.currentTarget.value as SensitiveRule["outbound"] })
              }
            />
          </li>
        ))}
      </ul>
    </Section>
  );
}
