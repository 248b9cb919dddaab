import { Button, Title } from "@mantine/core";
import { useNavigate, useRouteContext } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import type { SecondStepNeeded } from "../api/types";
import { done, explain } from "../shell/toast";
import { Waiting } from "../shell/Waiting";
import { Door } from "./Door";
import classes from "./door.module.css";
import { isWrong, useEntry } from "./enter";
import { journey } from "./journey";
import { SecondStep } from "./SecondStep";

/** Where somebody comes back from a provider of identity: finishes what they went there for, once. */
export function ProviderPage() {
  const { t } = useTranslation();
  const { callback } = useRouteContext({ from: "/sign-in/provider" });
  const navigate = useNavigate();
  const [step, setStep] = useState<SecondStepNeeded | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const begun = useRef(false);
  const { why, back } = journey();
  const { enter, enterByPasskey } = useEntry(back);

  async function finish() {
    try {
      if (why !== "sign_in") {
        await api.me.provider(callback);
        await navigate({ href: back, replace: true });
        done(t(why === "link" ? "provider.linked" : "provider.proved"));
        return;
      }
      const answer = await api.session.provider(callback);
      if ("ways" in answer) setStep(answer);
      else await enter(answer);
    } catch (error) {
      setProblem(explain(error).title);
    }
  }

  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    void finish();
  });

  async function withPasskey() {
    try {
      await enterByPasskey();
    } catch (error) {
      setStep(null);
      setProblem(isWrong(error) ? t("signin.wrong_passkey") : explain(error).title);
    }
  }

  const again = () => void navigate({ href: why === "sign_in" ? "/sign-in" : back, replace: true });
  if (problem !== null) {
    return (
      <Door>
        <div className={classes.form}>
          <Title order={1}>{t("provider.failed")}</Title>
          <p className={classes.problem} role="alert">
            {problem}
          </p>
          <Button size="md" onClick={again} data-testid="provider-again">
            {t("action.back")}
          </Button>
        </div>
      </Door>
    );
  }
  if (step) {
    return (
      <Door>
        <SecondStep step={step} onIn={enter} onPasskey={withPasskey} onBack={again} />
      </Door>
    );
  }
  return <Waiting />;
}
