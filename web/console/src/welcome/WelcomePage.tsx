import { Button, PasswordInput, TextInput, Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { ApiError } from "../api/error";
import type { HeldLink } from "../api/types";
import { tokenFromAddress } from "../setup/address";
import { explain } from "../shell/toast";
import { Door } from "../signin/Door";
import classes from "../signin/door.module.css";

/** Where an invitation or a reset leads: a password is chosen. */
export function WelcomePage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [token, setToken] = useState("");
  const [link, setLink] = useState<HeldLink | null>(null);
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    const found = tokenFromAddress();
    if (!found) return;
    setToken(found);
    api.links.look(found).then(setLink, (error) => setProblem(asError(error)));
  }, []);

  async function choose(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await api.links.use({ token, password });
      await navigate({ to: "/sign-in", replace: true });
    } catch (error) {
      setProblem(asError(error));
      setBusy(false);
    }
  }

  if (!link) {
    const gone = problem?.status === 404;
    return (
      <Door>
        <div className={classes.form}>
          <Title order={1}>{t("welcome.title")}</Title>
          {problem && (
            <p className={classes.problem} role="alert">
              {gone ? t("welcome.gone") : explain(problem).title}
            </p>
          )}
        </div>
      </Door>
    );
  }
  return (
    <Door>
      <form className={classes.form} onSubmit={choose}>
        <Title order={1}>
          {link.kind === "invitation"
            ? t("welcome.invitation", { workspace: link.workspace_name })
            : t("welcome.reset")}
        </Title>
        <p className={classes.hint}>{t("welcome.help", { name: link.name })}</p>
        <TextInput
          label={t("field.email")}
          type="email"
          autoComplete="username"
          value={link.email}
          readOnly
          variant="filled"
        />
        <PasswordInput
          label={t("profile.new_password")}
          name="password"
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={password}
          error={problem?.field("password")}
          onChange={(e) => setPassword(e.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t("field.show_password") }}
        />
        {problem && problem.fields.length === 0 && (
          <p className={classes.problem} role="alert">
            {problem.status === 404 ? t("welcome.gone") : explain(problem).title}
          </p>
        )}
        <Button type="submit" size="md" loading={busy} data-testid="choose-password">
          {t("welcome.action")}
        </Button>
      </form>
    </Door>
  );
}

function asError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError("internal", String(error), 0);
}
