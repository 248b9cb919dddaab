import { Button, PasswordInput, Progress, TextInput, Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { ApiError } from "../api/error";
import { queryClient, sessionQuery, setupQuery } from "../api/queries";
import { currentLocale } from "../locales";
import { explain } from "../shell/toast";
import { Door } from "../signin/Door";
import classes from "../signin/door.module.css";
import { tokenFromAddress } from "./address";
import { strength } from "./strength";

const strengths = ["strength.0", "strength.1", "strength.2", "strength.3"] as const;
const colours = ["red", "orange", "yellow", "teal"] as const;

export function SetupPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [form, setForm] = useState({ token: "", workspace_name: "", name: "", email: "", password: "" });
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [given, setGiven] = useState(false);

  useEffect(() => {
    const token = tokenFromAddress();
    if (token) {
      setForm((old) => ({ ...old, token }));
      setGiven(true);
    }
  }, []);

  const field = (name: keyof typeof form) => ({
    name,
    value: form[name],
    error: problem?.field(name),
    required: true,
    withAsterisk: false,
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setForm((old) => ({ ...old, [name]: value }));
    },
  });

  async function finish(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const me = await api.setup.finish({ ...form, token: form.token.trim(), locale: currentLocale() });
      queryClient.setQueryData(sessionQuery.queryKey, me);
      queryClient.setQueryData(setupQuery.queryKey, { needed: false });
      await navigate({ to: "/settings/inboxes/$inboxId", params: { inboxId: "new" }, replace: true });
    } catch (error) {
      setProblem(error instanceof ApiError ? error : new ApiError("internal", String(error), 0));
      setBusy(false);
    }
  }

  const level = strength(form.password);
  return (
    <Door wide>
      <form className={classes.form} onSubmit={finish}>
        <Title order={1}>{t("setup.title")}</Title>
        <p className={classes.hint}>{t("setup.help")}</p>
        <TextInput
          {...field("token")}
          label={t("setup.token")}
          description={given ? t("setup.token_given") : t("setup.token_help")}
          autoComplete="off"
          spellCheck={false}
          data-testid="setup-token"
        />
        <TextInput
          {...field("workspace_name")}
          label={t("setup.workspace")}
          placeholder={t("setup.workspace_example")}
          autoComplete="organization"
        />
        <TextInput {...field("name")} label={t("setup.name")} autoComplete="name" />
        <TextInput {...field("email")} label={t("field.email")} type="email" autoComplete="username" />
        <PasswordInput
          {...field("password")}
          label={t("field.password")}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": t("field.show_password") }}
        />
        {form.password !== "" && (
          <div className={classes.strength}>
            <Progress
              value={25 * (level + 1)}
              color={colours[level]}
              size="sm"
              aria-label={t("strength.label")}
            />
            <span>{t(strengths[level])}</span>
          </div>
        )}
        {problem && problem.fields.length === 0 && (
          <p className={classes.problem} role="alert">
            {explain(problem).title} {explain(problem).detail}
          </p>
        )}
        <Button type="submit" size="md" loading={busy} data-testid="setup-finish">
          {t("setup.action")}
        </Button>
      </form>
    </Door>
  );
}
