import { Button, PasswordInput, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { choicesQuery } from "../api/queries";
import type { SecondStepNeeded } from "../api/types";
import { explain } from "../shell/toast";
import { Door } from "./Door";
import classes from "./door.module.css";
import { isWrong, useEntry } from "./enter";
import { depart } from "./journey";
import { passkeysWork } from "./passkey";
import { SecondStep } from "./SecondStep";

export function SignInPage() {
  const { t } = useTranslation();
  const { next } = useSearch({ from: "/sign-in" });
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [step, setStep] = useState<SecondStepNeeded | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { data: choices } = useQuery(choicesQuery);
  const back = next ?? "/inbox/mine";
  const { enter, enterByPasskey } = useEntry(back);

  function say(error: unknown) {
    const { title, detail } = explain(error);
    setProblem(isWrong(error) ? title : [title, detail].filter(Boolean).join(" "));
    setBusy(false);
  }

  async function signIn(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const answer = await api.session.signIn({ email: email.trim(), password });
      if ("ways" in answer) {
        setStep(answer);
        setPassword("");
        setBusy(false);
      } else await enter(answer);
    } catch (error) {
      say(error);
    }
  }

  async function withPasskey() {
    setProblem(null);
    try {
      await enterByPasskey();
    } catch (error) {
      setStep(null);
      if (isWrong(error)) setProblem(t("signin.wrong_passkey"));
      else say(error);
    }
  }

  async function withProvider(id: string) {
    setProblem(null);
    try {
      const { url } = await api.session.beginProvider(id);
      depart({ why: "sign_in", back }, url);
    } catch (error) {
      setProblem(explain(error).title);
    }
  }

  if (step) {
    return (
      <Door>
        <SecondStep step={step} onIn={enter} onPasskey={withPasskey} onBack={() => setStep(null)} />
      </Door>
    );
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
        {passkeysWork() && (
          <Button variant="default" size="md" onClick={() => void withPasskey()} data-testid="with-passkey">
            {t("signin.passkey")}
          </Button>
        )}
        {(choices?.items ?? []).map(({ id, name }) => (
          <Button
            key={id}
            variant="default"
            size="md"
            onClick={() => void withProvider(id)}
            data-testid="with-provider"
          >
            {t("signin.provider", { name })}
          </Button>
        ))}
      </form>
    </Door>
  );
}
