import { Anchor, Button, Code, TextInput, Title } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { ApiError } from "../api/error";
import type { CodeSecret, Me, SecondStepNeeded } from "../api/types";
import { explain } from "../shell/toast";
import classes from "./door.module.css";
import { isWrong } from "./enter";
import { Picture } from "./Picture";
import { passkeysWork } from "./passkey";

interface Props {
  step: SecondStepNeeded;
  onIn: (me: Me) => Promise<void>;
  onPasskey: () => Promise<void>;
  onBack: () => void;
}

/** The second of two steps: a code, a recovery code, or the first code of an app that is set up now. */
export function SecondStep({ step, onIn, onPasskey, onBack }: Props) {
  const { t } = useTranslation();
  const { ways } = step;
  const [recovering, setRecovering] = useState(false);
  const [code, setCode] = useState("");
  const [secret, setSecret] = useState<CodeSecret | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    if (!ways.enrol) return;
    api.session.enrol(step.token).then(setSecret, (error) => setProblem(explain(error).title));
  }, [ways.enrol, step.token]);

  async function take(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const shown = recovering ? { recovery_code: code.trim() } : { code: code.trim() };
      await onIn(await api.session.secondStep({ token: step.token, ...shown }));
    } catch (error) {
      if (error instanceof ApiError && error.code === "unauthorized") onBack();
      else if (isWrong(error)) setProblem(t("signin.wrong_code"));
      else setProblem(explain(error).title);
      setBusy(false);
    }
  }

  return (
    <form className={classes.form} onSubmit={take}>
      <Title order={1}>{t(ways.enrol ? "signin.enrol_title" : "signin.step_title")}</Title>
      {ways.enrol && <p className={classes.hint}>{t("signin.enrol_help")}</p>}
      {secret && <CodeSetup secret={secret} />}
      {(ways.code || ways.enrol || recovering) && (
        <TextInput
          key={String(recovering)}
          label={t(recovering ? "signin.recovery_code" : "signin.code")}
          name="code"
          inputMode={recovering ? "text" : "numeric"}
          autoComplete={recovering ? "off" : "one-time-code"}
          autoFocus
          required
          withAsterisk={false}
          value={code}
          onChange={(e) => setCode(e.currentTarget.value)}
        />
      )}
      {problem && (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
      {(ways.code || ways.enrol || recovering) && (
        <Button type="submit" size="md" loading={busy} data-testid="second-step">
          {t("signin.action")}
        </Button>
      )}
      {ways.passkey && passkeysWork() && (
        <Button variant="default" size="md" onClick={() => void onPasskey()}>
          {t("signin.passkey")}
        </Button>
      )}
      {ways.recovery && (
        <Anchor
          component="button"
          type="button"
          onClick={() => {
            setRecovering(!recovering);
            setCode("");
          }}
        >
          {t(recovering ? "signin.use_code" : "signin.use_recovery")}
        </Anchor>
      )}
      <Anchor component="button" type="button" onClick={onBack}>
        {t("action.back")}
      </Anchor>
    </form>
  );
}

/** What an app for one-time codes has to be told. */
export function CodeSetup({ secret }: { secret: CodeSecret }) {
  const { t } = useTranslation();
  return (
    <>
      <Picture rows={secret.picture} label={t("signin.picture")} />
      <p className={classes.hint}>
        {t("signin.type_secret")} <Code data-testid="code-secret">{secret.secret}</Code>
      </p>
    </>
  );
}
