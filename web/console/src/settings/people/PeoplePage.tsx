import { ActionIcon, Button, Code, Menu, Modal, Select, TextInput } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { agentsQuery, queryClient, teamsQuery } from "../../api/queries";
import type { Agent, Locale, MadeLink, Role } from "../../api/types";
import { currentLocale, locales } from "../../locales";
import { Face } from "../../shell/Face";
import { useMay, useMe } from "../../shell/permission";
import { done, failed } from "../../shell/toast";
import { Page } from "../Page";
import { useProof } from "../Proof";
import { useRoleNames } from "../roles/names";
import { SaveForm } from "../SaveForm";
import classes from "../settings.module.css";

const changed = () => queryClient.invalidateQueries({ queryKey: agentsQuery.queryKey });

export function PeoplePage() {
  const { t } = useTranslation();
  const may = useMay("agent.manage");
  const me = useMe();
  const { data } = useQuery(agentsQuery);
  const { data: teams } = useQuery(teamsQuery);
  const mayView = useMay("view_as") && me.viewer === null;
  const { roles, name } = useRoleNames();
  const [creating, setCreating] = useState(false);
  const [link, setLink] = useState<MadeLink | null>(null);
  const { guarded, dialogue } = useProof();

  const invite = (agent: Agent) => guarded(async () => setLink(await api.agents.link(agent.id)));
  const forget = (agent: Agent) =>
    guarded(async () => {
      await api.agents.resetFactors(agent.id);
      done(t("people.factors_reset"));
    });
  const signOut = (agent: Agent) =>
    guarded(async () => {
      await api.agents.endSessions(agent.id);
      done(t("people.signed_out"));
    });

  async function change(agent: Agent, body: { role?: Role; disabled?: boolean }) {
    try {
      await api.agents.change(agent.id, body);
      await changed();
    } catch (error) {
      failed(error);
    }
  }

  async function view(agent: Agent) {
    try {
      await api.agents.view(agent.id);
      // Everything cached is one's own.
      location.assign("/");
    } catch (error) {
      failed(error);
    }
  }

  const teamsOf = (agent: Agent) =>
    (teams?.items ?? []).filter((team) => team.member_ids.includes(agent.id)).map((team) => team.name);

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
              <small>{[agent.email, ...teamsOf(agent)].join(" · ")}</small>
            </div>
            {agent.disabled && (
              <span className={classes.tag} data-tone="bad">
                {t("people.disabled")}
              </span>
            )}
            <span className={classes.tag}>{name(agent.role)}</span>
            {may && agent.id !== me.agent.id && agent.role !== "owner" && (
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon aria-label={t("people.actions", { name: agent.name })}>
                    <IconDots size={18} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  {mayView && !agent.disabled && (
                    <Menu.Item onClick={() => void view(agent)}>{t("view.begin")}</Menu.Item>
                  )}
                  {roles
                    .filter(({ role }) => role !== agent.role && role !== "owner")
                    .map(({ role }) => (
                      <Menu.Item key={role} onClick={() => void change(agent, { role })}>
                        {t("people.make", { role: name(role) })}
                      </Menu.Item>
                    ))}
                  <Menu.Item onClick={() => void invite(agent)}>{t("people.link")}</Menu.Item>
                  <Menu.Item onClick={() => void forget(agent)}>{t("people.reset_factors")}</Menu.Item>
                  <Menu.Item onClick={() => void signOut(agent)}>{t("people.sign_out")}</Menu.Item>
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
        <PersonForm onMade={(made) => void invite(made)} onDone={() => setCreating(false)} />
      </Modal>
      <Modal
        opened={link !== null}
        onClose={() => setLink(null)}
        title={t(link?.kind === "reset" ? "people.link_reset" : "people.link_invitation")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {link && (
          <div className={classes.form}>
            <p style={{ margin: 0 }}>{t("people.link_help")}</p>
            <Code block style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }} data-testid="link">
              {link.url}
            </Code>
            <Button onClick={() => void copy(link.url)}>{t("people.link_copy")}</Button>
          </div>
        )}
      </Modal>
      {dialogue}
    </Page>
  );

  async function copy(text: string) {
    try {
      await navigator.clipboard.writeText(text);
      done(t("action.copied"));
    } catch (error) {
      failed(error);
    }
  }
}

function PersonForm({ onMade, onDone }: { onMade: (made: Agent) => void; onDone: () => void }) {
  const { t } = useTranslation();
  const { roles, name } = useRoleNames();
  const [form, setForm] = useState({
    name: "",
    email: "",
    role: "agent" as Role,
    locale: currentLocale(),
  });
  const set = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));

  async function save() {
    const made = await api.agents.create(form);
    await changed();
    onMade(made);
  }

  return (
    <SaveForm
      ready={form.name.trim() !== "" && form.email.trim() !== ""}
      fields={["name", "email"]}
      action={t("action.create")}
      onSave={save}
      onDone={onDone}
    >
      {(problem) => (
        <>
          <TextInput
            label={t("field.name")}
            data-autofocus
            required
            withAsterisk={false}
            value={form.name}
            error={problem("name")}
            onChange={(e) => set({ name: e.currentTarget.value })}
          />
          <TextInput
            label={t("field.email")}
            type="email"
            autoComplete="off"
            required
            withAsterisk={false}
            value={form.email}
            error={problem("email")}
            onChange={(e) => set({ email: e.currentTarget.value })}
          />
          <Select
            label={t("people.role")}
            value={form.role}
            data={roles
              .filter(({ role }) => role !== "owner")
              .map(({ role }) => ({ value: role, label: name(role) }))}
            onChange={(role) => role && set({ role: role as Role })}
          />
          <Select
            label={t("field.language")}
            value={form.locale}
            data={locales.map((l) => ({ value: l.code, label: l.name }))}
            onChange={(locale) => locale && set({ locale: locale as Locale })}
          />
        </>
      )}
    </SaveForm>
  );
}
