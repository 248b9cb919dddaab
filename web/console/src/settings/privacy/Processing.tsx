import { Button, TextInput } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queryClient } from "../../api/queries";
import type { Controller } from "../../api/types";
import { done, failed } from "../../shell/toast";
import operation from "../operation/operation.module.css";
import { Section } from "../Section";
import settings from "../settings.module.css";

const recordQuery = queryOptions({
  queryKey: ["processing"],
  queryFn: api.privacy.processing,
  staleTime: 0,
});
const fields = ["name", "contact", "officer", "location"] as const;

/** The record of processing, which is written from what is switched on. */
export function Processing() {
  const { t } = useTranslation();
  const { data } = useQuery(recordQuery);
  return (
    <Section id="processing" title={t("processing.title")} help={t("processing.help")}>
      {data && <ControllerForm key={JSON.stringify(data.controller)} before={data.controller} />}
      <h3>{t("processing.recipients")}</h3>
      <ul className={operation.items}>
        {data?.recipients.map((one) => (
          <li key={one.name}>
            <div className={settings.grow}>
              <strong>{one.name}</strong>
              <p className={settings.muted}>{[one.role, one.data, one.place, ...one.inboxes].join(" · ")}</p>
            </div>
            {one.cross_border && <span>{t("purpose.cross_border")}</span>}
          </li>
        ))}
      </ul>
      <h3>{t("processing.categories")}</h3>
      <ul className={operation.items}>
        {data?.categories.map((one) => (
          <li key={one.class}>
            <div className={settings.grow}>
              <strong>{one.class}</strong>
              <p className={settings.muted}>{one.columns.join(", ")}</p>
            </div>
          </li>
        ))}
      </ul>
      {data && data.unlimited.length > 0 && (
        <p className={settings.muted}>
          {t("processing.unlimited", {
            what: data.unlimited.map((one) => t(`data_class.${one}`)).join(", "),
          })}
        </p>
      )}
      <div className={settings.buttons}>
        <Button
          size="xs"
          variant="default"
          component="a"
          href="/api/processing"
          download="record-of-processing.json"
        >
          {t("processing.download")}
        </Button>
      </div>
    </Section>
  );
}

function ControllerForm({ before }: { before: Controller }) {
  const { t } = useTranslation();
  const [controller, setController] = useState(before);

  async function save(event: FormEvent) {
    event.preventDefault();
    try {
      await api.privacy.setController(controller);
      await queryClient.invalidateQueries({ queryKey: recordQuery.queryKey });
      done(t("action.saved"));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <form className={settings.form} onSubmit={save}>
      {fields.map((field) => (
        <TextInput
          key={field}
          label={t(`controller.${field}`)}
          maxLength={500}
          value={controller[field]}
          onChange={(event) => setController({ ...controller, [field]: event.currentTarget.value })}
        />
      ))}
      <div className={settings.buttons}>
        <Button type="submit">{t("action.save")}</Button>
      </div>
    </form>
  );
}
