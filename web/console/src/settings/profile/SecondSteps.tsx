import { ActionIcon, Button, Code, Modal, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { factorsQuery, passkeysQuery, queryClient } from "../../api/queries";
import type { CodeSecret } from "../../api/types";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { done, failed } from "../../shell/toast";
import { makePasskey, passkeysWork } from "../../signin/passkey";
import { CodeSetup } from "../../signin/SecondStep";
import { useProof } from "../Proof";
import classes from "../settings.module.css";
import { device } from "./device";

async function changed() {
  await queryClient.invalidateQueries({ queryKey: factorsQuery.queryKey });
  await queryClient.invalidateQueries({ queryKey: passkeysQuery.queryKey });
}

/** One-time codes, recovery codes and passkeys of one's own account. */
export function SecondSteps() {
  const { t } = useTranslation();
  const { data: factors } = useQuery(factorsQuery);
  const { guarded, dialogue } = useProof();
  const [secret, setSecret] = useState<CodeSecret | null>(null);
  const [recovery, setRecovery] = useState<string[] | null>(null);
  if (!factors) return null;

  const begin = () => guarded(async () => setSecret(await api.me.beginCodes()));
  const renew = () =>
    guarded(async () => {
      setRecovery((await api.me.recoveryCodes()).recovery_codes);
      await changed();
    });
  const remove = () =>
    guarded(async () => {
      await api.me.removeCodes();
      await changed();
    });

  const secured = factors.code || factors.passkeys > 0;
  return (
    <section aria-labelledby="second-step" className={classes.form}>
      <h2 id="second-step" className={classes.title}>
        {t("factor.title")}
      </h2>
      <p className={classes.help}>{t(factors.required ? "factor.required" : "factor.help")}</p>
      <ul className={classes.rows}>
        <li>
          <div className={classes.grow}>
            <strong>{t("factor.codes")}</strong>
            <small>{t(factors.code ? "factor.codes_on" : "factor.codes_off")}</small>
          </div>
          {factors.code ? (
            <Button size="xs" variant="default" onClick={() => void remove()}>
              {t("factor.remove")}
            </Button>
          ) : (
            <Button size="xs" onClick={() => void begin()} data-testid="set-up-codes">
              {t("factor.set_up")}
            </Button>
          )}
        </li>
        {secured && (
          <li>
            <div className={classes.grow}>
              <strong>{t("factor.recovery")}</strong>
              <small>{t("factor.recovery_left", { count: factors.recovery_codes })}</small>
            </div>
            <Button size="xs" variant="default" onClick={() => void renew()}>
              {t("factor.recovery_new")}
            </Button>
          </li>
        )}
      </ul>
      <Passkeys guarded={guarded} />
      {dialogue}
      <Modal
        opened={secret !== null}
        onClose={() => setSecret(null)}
        title={t("factor.codes")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {secret && (
          <ConfirmCodes
            secret={secret}
            onDone={(codes) => {
              setSecret(null);
              setRecovery(codes);
              void changed();
            }}
          />
        )}
      </Modal>
      <Modal
        opened={recovery !== null}
        onClose={() => setRecovery(null)}
        title={t("factor.recovery")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <div className={classes.form}>
          <p style={{ margin: 0 }}>{t("factor.recovery_help")}</p>
          <Code block data-testid="recovery-codes">
            {(recovery ?? []).join("\n")}
          </Code>
          <Button onClick={() => setRecovery(null)}>{t("factor.recovery_kept")}</Button>
        </div>
      </Modal>
    </section>
  );
}

function ConfirmCodes({ secret, onDone }: { secret: CodeSecret; onDone: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState<string | null>(null);

  async function confirm(event: FormEvent) {
    event.preventDefault();
    setProblem(null);
    try {
      onDone((await api.me.confirmCodes(code.trim())).recovery_codes);
    } catch (error) {
      if (error instanceof ApiError && error.fields.length > 0) setProblem(t("signin.wrong_code"));
      else failed(error);
    }
  }

  return (
    <form className={classes.form} onSubmit={confirm}>
      <p style={{ margin: 0 }}>{t("factor.scan")}</p>
      <CodeSetup secret={secret} />
      <TextInput
        label={t("signin.code")}
        inputMode="numeric"
        autoComplete="one-time-code"
        data-autofocus
        value={code}
        error={problem}
        onChange={(e) => setCode(e.currentTarget.value)}
      />
      <div className={classes.buttons}>
        <Button type="submit" disabled={code.trim() === ""} data-testid="confirm-codes">
          {t("factor.confirm")}
        </Button>
      </div>
    </form>
  );
}

function Passkeys({ guarded }: { guarded: (work: () => Promise<unknown>) => Promise<void> }) {
  const { t } = useTranslation();
  const { data } = useQuery(passkeysQuery);

  const add = () =>
    guarded(async () => {
      const request = await api.me.beginPasskey();
      const credential = await makePasskey(request);
      if (!credential) return;
      const name = device(navigator.userAgent) ?? t("profile.unknown_device");
      await api.me.addPasskey({ token: request.token, name, credential });
      await changed();
      done(t("factor.passkey_added"));
    });
  const remove = (id: string) =>
    guarded(async () => {
      await api.me.removePasskey(id);
      await changed();
    });
  async function rename(id: string, name: string) {
    try {
      await api.me.renamePasskey(id, name);
      await changed();
    } catch (error) {
      failed(error);
    }
  }

  return (
    <>
      <div className={classes.head}>
        <h3 className={classes.title}>{t("factor.passkeys")}</h3>
        <Button
          variant="default"
          size="xs"
          disabled={!passkeysWork()}
          onClick={() => void add()}
          data-testid="add-passkey"
        >
          {t("factor.passkey_add")}
        </Button>
      </div>
      {!passkeysWork() && <p className={classes.help}>{t("factor.passkey_nowhere")}</p>}
      <ul className={classes.rows}>
        {(data?.items ?? []).map((passkey) => (
          <li key={passkey.id}>
            <div className={classes.grow}>
              <TextInput
                aria-label={t("factor.passkey_name")}
                variant="unstyled"
                defaultValue={passkey.name}
                onBlur={(e) => {
                  const name = e.currentTarget.value.trim();
                  if (name !== "" && name !== passkey.name) void rename(passkey.id, name);
                }}
              />
              <small>
                {passkey.used_at === null
                  ? t("factor.passkey_unused")
                  : t("profile.seen", { when: shortMoment(passkey.used_at, currentLocale()) })}
              </small>
            </div>
            <ActionIcon
              aria-label={t("factor.passkey_remove", { name: passkey.name })}
              onClick={() => void remove(passkey.id)}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </li>
        ))}
      </ul>
    </>
  );
}
