import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { queryClient, sessionQuery, sessionsQuery } from "../../api/queries";
import type { Session } from "../../api/types";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { leave } from "../../shell/leave";
import { useMe } from "../../shell/permission";
import { done, failed } from "../../shell/toast";
import { Page } from "../Page";
import classes from "../settings.module.css";
import { device } from "./device";
import { MyProviders } from "./MyProviders";
import { SecondSteps } from "./SecondSteps";

export function ProfilePage() {
  const { t } = useTranslation();
  return (
    <Page title={t("settings.profile")}>
      <Name />
      <Password />
      <SecondSteps />
      <MyProviders />
      <Sessions />
    </Page>
  );
}

function Name() {
  const { t } = useTranslation();
  const { agent } = useMe();
  const [name, setName] = useState(agent.name);

  async function save(event: FormEvent) {
    event.preventDefault();
    try {
      queryClient.setQueryData(sessionQuery.queryKey, await api.me.change({ name: name.trim() }));
      done(t("action.saved"));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <form className={`${classes.card} ${classes.form}`} onSubmit={save}>
      <TextInput label={t("setup.name")} value={name} onChange={(e) => setName(e.currentTarget.value)} />
      <TextInput label={t("field.email")} value={agent.email} readOnly variant="filled" />
      <div className={classes.buttons}>
        <Button type="submit" disabled={name.trim() === "" || name.trim() === agent.name}>
          {t("action.save")}
        </Button>
      </div>
    </form>
  );
}

function Password() {
  const { t } = useTranslation();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [problem, setProblem] = useState<ApiError | null>(null);

  async function save(event: FormEvent) {
    event.preventDefault();
    setProblem(null);
    try {
      await api.me.password({ current, new: next });
      setCurrent("");
      setNext("");
      done(t("profile.password_changed"));
      await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    } catch (error) {
      if (error instanceof ApiError && error.fields.length > 0) setProblem(error);
      else failed(error);
    }
  }

  const toggle = { "aria-label": t("field.show_password") };
  return (
    <form className={`${classes.card} ${classes.form}`} onSubmit={save}>
      <PasswordInput
        label={t("profile.current_password")}
        autoComplete="current-password"
        value={current}
        error={problem?.field("current")}
        onChange={(e) => setCurrent(e.currentTarget.value)}
        visibilityToggleButtonProps={toggle}
      />
      <PasswordInput
        label={t("profile.new_password")}
        autoComplete="new-password"
        value={next}
        error={problem?.field("new")}
        onChange={(e) => setNext(e.currentTarget.value)}
        visibilityToggleButtonProps={toggle}
      />
      <div className={classes.buttons}>
        <Button type="submit" disabled={current === "" || next === ""}>
          {t("profile.change_password")}
        </Button>
      </div>
    </form>
  );
}

function Sessions() {
  const { t } = useTranslation();
  const { data } = useQuery(sessionsQuery);

  async function revoke(session: Session) {
    try {
      await api.session.revoke(session.id);
      await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    } catch (error) {
      failed(error);
    }
  }

  return (
    <section aria-labelledby="sessions" className={classes.form}>
      <div className={classes.head}>
        <h2 id="sessions" className={classes.title}>
          {t("profile.sessions")}
        </h2>
        <Button variant="default" onClick={() => void leave(true).catch(failed)}>
          {t("profile.sign_out_everywhere")}
        </Button>
      </div>
      <ul className={classes.rows}>
        {(data?.items ?? []).map((session) => (
          <li key={session.id}>
            <div className={classes.grow}>
              <strong>{device(session.user_agent) ?? t("profile.unknown_device")}</strong>
              <small>
                {session.address} ·{" "}
                {t("profile.seen", { when: shortMoment(session.seen_at, currentLocale()) })}
              </small>
            </div>
            {session.current ? (
              <span className={classes.tag} data-tone="ok">
                {t("profile.this_device")}
              </span>
            ) : (
              <Button size="xs" variant="default" onClick={() => void revoke(session)}>
                {t("profile.revoke")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
