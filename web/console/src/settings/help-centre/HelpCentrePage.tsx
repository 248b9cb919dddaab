import { Button, ColorInput, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { helpCentreQuery, queryClient } from "../../api/queries";
import type { HelpCentre } from "../../api/types";
import { done, failed } from "../../shell/toast";
import { Page } from "../Page";
import classes from "../settings.module.css";

/** How the public help centre is set up. */
export function HelpCentrePage() {
  const { t } = useTranslation();
  const { data } = useQuery(helpCentreQuery);
  return (
    <Page title={t("settings.help_centre")} help={t("help_centre.help")}>
      {data && <CentreForm key={data.slug} centre={data} />}
    </Page>
  );
}

function CentreForm({ centre }: { centre: HelpCentre }) {
  const { t } = useTranslation();
  const [values, setValues] = useState({ ...centre, locales: centre.locales.join(", ") });
  const [problem, setProblem] = useState<ApiError | null>(null);
  const put = (change: Partial<typeof values>) => setValues((old) => ({ ...old, ...change }));
  const address = `${window.location.origin}/help/${centre.slug}`;

  async function save(event: FormEvent) {
    event.preventDefault();
    setProblem(null);
    try {
      const locales = values.locales
        .split(",")
        .map((tag) => tag.trim())
        .filter((tag) => tag !== "");
      const changed = await api.helpCentre.set({ ...values, locales });
      queryClient.setQueryData(helpCentreQuery.queryKey, changed);
      done(t("action.saved"));
    } catch (error) {
      if (error instanceof ApiError && error.fields.length > 0) setProblem(error);
      else failed(error);
    }
  }

  return (
    <form className={classes.form} onSubmit={save}>
      <Switch
        label={t("help_centre.enabled")}
        checked={values.enabled}
        data-testid="help-centre-enabled"
        onChange={(event) => put({ enabled: event.currentTarget.checked })}
      />
      {centre.enabled && (
        <p className={classes.muted}>
          {t("help_centre.address")}:{" "}
          <a href={address} target="_blank" rel="noreferrer">
            {address}
          </a>
        </p>
      )}
      <TextInput
        label={t("help_centre.slug")}
        leftSection="/help/"
        leftSectionWidth={58}
        value={values.slug}
        error={problem?.field("slug")}
        onChange={(event) => put({ slug: event.currentTarget.value })}
      />
      <TextInput
        label={t("help_centre.title")}
        dir="auto"
        value={values.title}
        error={problem?.field("title")}
        onChange={(event) => put({ title: event.currentTarget.value })}
      />
      <TextInput
        label={t("help_centre.intro")}
        dir="auto"
        value={values.intro}
        error={problem?.field("intro")}
        onChange={(event) => put({ intro: event.currentTarget.value })}
      />
      <TextInput
        label={t("help_centre.locales")}
        description={t("help_centre.locales_help")}
        value={values.locales}
        error={problem?.field("locales") ?? problem?.field("locales[0]")}
        onChange={(event) => put({ locales: event.currentTarget.value })}
      />
      <ColorInput
        label={t("field.colour")}
        format="hex"
        withEyeDropper={false}
        value={values.color}
        error={problem?.field("color")}
        onChange={(color) => put({ color })}
      />
      <div className={classes.buttons}>
        <Button type="submit">{t("action.save")}</Button>
      </div>
    </form>
  );
}
