import { ActionIcon, Button, Menu, Modal, PasswordInput, Select, TextInput } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { agentsQuery, queryClient } from "../../api/queries";
import type { Agent, Locale, Role } from "../../api/types";
import { currentLocale, locales } from "../../locales";
import { Face } from "../../shell/Face";
import { useMay, useMe } from "../../shell/permission";
import { failed } from "../../shell/toast";
import { Page } from "../Page";
import classes from "../settings.module.css";

const roles: Role[] = ["agent", "admin"];
const changed = () => queryClient.invalidateQueries({ queryKey: agentsQuery.queryKey });

export function PeoplePage() {
  const { t } = useTranslation();
  const may = useMay("agent.manage");
  const me = useMe();
  const { data } = useQuery(agentsQuery);
  const [creating, setCreating] = useState(false);

  async function change(agent: Agent, body: { role?: Role; disabled?: boolean }) {
    try {
      await api.agents.change(agent.id, body);
      await changed();
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Page
      title={t("settings.people")}
      help={t("people.help")}
      action={may && <Button onClick={() => setCreating(true)}>{t("people.new")}</Button>}
    >
      <ul className={classes.rows}>
        {(data?.items ?? []).map((agent) => (
          <li key={agent.id}>
            <Face id={agent.id} name={agent.name} size={36} />
            <div className={classes.grow}>
              <strong>{agent.name}</strong>
              <small>{agent.email}</small>
            </div>
            {agent.disabled && (
              <span className={classes.tag} data-tone="bad">
                {t("people.disabled")}
              </span>
            )}
            <span className={classes.tag}>{t(`role.${agent.role}`)}</span>
            {may && agent.id !== me.agent.id && agent.role !== "owner" && (
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon aria-label={t("people.actions", { name: agent.name })}>
                    <IconDots size={18} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  {roles
                    .filter((role) => role !== agent.role)
                    .map((role) => (
                      <Menu.Item key={role} onClick={() => void change(agent, { role })}>
                        {t("people.make", { role: t(`role.${role}`) })}
                      </Menu.Item>
                    ))}
                  <Menu.Item onClick={() => void change(agent, { disabled: !agent.disabled })}>
                    {agent.disabled ? t("people.enable") : t("people.disable")}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )}
          </li>
        ))}
      </ul>
      <Modal
        opened={creating}
        onClose={() => setCreating(false)}
        title={t("people.new")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <PersonForm onDone={() => setCreating(false)} />
      </Modal>
    </Page>
  );
}

function PersonForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [form, setForm] = useState({
    name: "",
    email: "",
    password: "",
    role: "agent" as Role,
    locale: currentLocale(),
  });
  const [problem, setProblem] = useState<ApiError | null>(null);
  const set = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));

  async function save(event: FormEvent) {
    event.preventDefault();
    setProblem(null);
    try {
      await api.agents.create(form);
      await changed();
      onDone();
    } catch (error) {
      if (error instanceof ApiError && error.fields.length > 0) setProblem(error);
      else failed(error);
    }
  }

  return (
    <form className={classes.form} onSubmit={save}>
      <TextInput
        label={t("field.name")}
        data-autofocus
        required
        withAsterisk={false}
        value={form.name}
        error={problem?.field("name")}
        onChange={(e) => set({ name: e.currentTarget.value })}
      />
      <TextInput
        label={t("field.email")}
        type="email"
        autoComplete="off"
        required
        withAsterisk={false}
        value={form.email}
        error={problem?.field("email")}
        onChange={(e) => set({ email: e.currentTarget.value })}
      />
      <PasswordInput
        label={t("people.first_password")}
        description={t("people.first_password_help")}
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={form.password}
        error={problem?.field("password")}
        onChange={(e) => set({ password: e.currentTarget.value })}
        visibilityToggleButtonProps={{ "aria-label": t("field.show_password") }}
      />
      <Select
        label={t("people.role")}
        value={form.role}
        data={roles.map((role) => ({ value: role, label: t(`role.${role}`) }))}
        onChange={(role) => role && set({ role: role as Role })}
      />
      <Select
        label={t("profile.language")}
        value={form.locale}
        data={locales.map((l) => ({ value: l.code, label: l.name }))}
        onChange={(locale) => locale && set({ locale: locale as Locale })}
      />
      <div className={classes.buttons}>
        <Button type="submit">{t("action.create")}</Button>
        <Button variant="default" onClick={onDone}>
          {t("action.cancel")}
        </Button>
      </div>
    </form>
  );
}
