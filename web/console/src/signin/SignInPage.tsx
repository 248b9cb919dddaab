import { Button, PasswordInput, TextInput, Title } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { ApiError } from "../api/error";
import { queryClient, sessionQuery } from "../api/queries";
import { explain } from "../shell/toast";
import { Door } from "./Door";
import classes from "./door.module.css";

export function SignInPage() {
  const { t } = useTranslation();
  const { next } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function signIn(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const me = await api.session.signIn({ email: email.trim(), password });
      queryClient.clear();
      queryClient.setQueryData(sessionQuery.queryKey, me);
      await navigate({ href: next ?? "/inbox/mine", replace: true });
    } catch (error) {
      const wrong = error instanceof ApiError && error.status === 401;
      setProblem(
        wrong ? t("signin.wrong") : [explain(error).title, explain(error).detail].filter(Boolean).join(" "),
      );
      setBusy(false);
    }
  }

  return (
    <Door>
      <form className={classes.form} onSubmit={signIn}>
        <Title order={1}>{t("signin.title")}</Title>
        {next && <p className={classes.hint}>{t("signin.expired")}</p>}
        <TextInput
          label={t("field.email")}
          type="email"
          name="email"
          autoComplete="username"
          required
          withAsterisk={false}
          autoFocus
          value={email}
          onChange={(e) => setEmail(e.currentTarget.value)}
        />
        <PasswordInput
          label={t("field.password")}
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t("field.show_password") }}
        />
        {problem && (
          <p className={classes.problem} role="alert">
            {problem}
          </p>
        )}
        <Button type="submit" size="md" loading={busy} data-testid="sign-in">
          {t("signin.action")}
        </Button>
      </form>
    </Door>
  );
}
