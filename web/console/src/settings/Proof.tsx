import { Button, Modal, PasswordInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { ApiError } from "../api/error";
import { myProvidersQuery } from "../api/queries";
import { explain, failed } from "../shell/toast";
import { isWrong } from "../signin/enter";
import { depart } from "../signin/journey";
import { passkeysWork, showPasskey } from "../signin/passkey";
import classes from "./settings.module.css";

type Work = () => Promise<unknown>;

/**
 * Runs work that the server does only for somebody who proved just now to be there: asks for the proof when the server
 * wants one, then does the work again. Failures are told; returns the dialogue to render and the function.
 */
export function useProof() {
  const [waiting, setWaiting] = useState<Work | null>(null);

  async function guarded(work: Work) {
    try {
      await work();
    } catch (error) {
      if (error instanceof ApiError && error.code === "proof_needed") setWaiting(() => work);
      else failed(error);
    }
  }

  const dialogue = (
    <ProofDialogue
      opened={waiting !== null}
      onClose={() => setWaiting(null)}
      onProved={() => {
        const work = waiting;
        setWaiting(null);
        if (work) void guarded(work);
      }}
    />
  );
  return { guarded, dialogue };
}

function ProofDialogue({
  opened,
  onClose,
  onProved,
}: {
  opened: boolean;
  onClose: () => void;
  onProved: () => void;
}) {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const { data: providers } = useQuery({ ...myProvidersQuery, enabled: opened });
  const linked = (providers?.items ?? []).filter((provider) => provider.linked_at !== null);

  async function prove(work: () => Promise<boolean>) {
    setProblem(null);
    try {
      if (!(await work())) return;
      setPassword("");
      setCode("");
      onProved();
    } catch (error) {
      const { title, detail } = explain(error);
      const wrong = isWrong(error) || (error instanceof ApiError && error.concerns(["password", "code"]));
      setProblem(wrong ? t("proof.wrong") : `${title} ${detail}`);
    }
  }

  const typed = (event: FormEvent) => {
    event.preventDefault();
    void prove(async () => {
      await api.session.prove(code.trim() === "" ? { password } : { code: code.trim() });
      return true;
    });
  };

  const byPasskey = () =>
    prove(async () => {
      const request = await api.session.beginPasskey();
      const credential = await showPasskey(request);
      if (credential) await api.session.prove({ passkey: { token: request.token, credential } });
      return credential !== null;
    });

  // The page is left: what was to be done has to be done again afterwards.
  const byProvider = (id: string) =>
    prove(async () => {
      const { url } = await api.me.proveByProvider(id);
      depart({ why: "proof", back: window.location.pathname }, url);
      return false;
    });

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("proof.title")}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <form className={classes.form} onSubmit={typed}>
        <p style={{ margin: 0 }}>{t("proof.help")}</p>
        <PasswordInput
          label={t("field.password")}
          autoComplete="current-password"
          data-autofocus
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t("field.show_password") }}
        />
        <TextInput
          label={t("proof.code")}
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          onChange={(e) => setCode(e.currentTarget.value)}
        />
        {problem && <p role="alert">{problem}</p>}
        <div className={classes.buttons}>
          <Button type="submit" disabled={password === "" && code.trim() === ""} data-testid="prove">
            {t("proof.action")}
          </Button>
          {passkeysWork() && (
            <Button variant="default" onClick={() => void byPasskey()}>
              {t("signin.passkey")}
            </Button>
          )}
          {linked.map(({ id, name }) => (
            <Button key={id} variant="default" onClick={() => void byProvider(id)}>
              {t("signin.provider", { name })}
            </Button>
          ))}
        </div>
      </form>
    </Modal>
  );
}
