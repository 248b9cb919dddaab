import "@mantine/core/styles/Pill.layer.css";
import "@mantine/core/styles/PillsInput.layer.css";
import { MultiSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { agentsQuery, inboxesQuery, queryClient, teamsQuery } from "../../api/queries";
import type { Team } from "../../api/types";
import { useMay } from "../../shell/permission";
import { SaveForm } from "../SaveForm";
import classes from "../settings.module.css";
import { WordList } from "../WordList";

const changed = () => queryClient.invalidateQueries({ queryKey: teamsQuery.queryKey });

/** Teams: who is in them, and the inboxes that they serve. */
export function TeamsPage() {
  const { t } = useTranslation();
  const may = useMay("team.manage");
  const { data } = useQuery(teamsQuery);
  return (
    <WordList
      title={t("settings.teams")}
      help={t("teams.help")}
      empty={t("teams.empty")}
      items={data?.items}
      may={may}
      create={t("teams.new")}
      edit={({ name }) => t("action.edit_name", { name })}
      remove={({ name }) => t("action.delete_name", { name })}
      removeHelp={t("teams.delete_help")}
      row={(team) => (
        <div className={classes.grow}>
          <strong>{team.name}</strong>
          <small>
            {t("people.count", { count: team.member_ids.length })} ·{" "}
            {t("teams.inboxes", { count: team.inbox_ids.length })}
          </small>
        </div>
      )}
      form={(team, onDone) => <TeamForm team={team} onDone={onDone} />}
      onRemove={async (team) => {
        await api.teams.remove(team.id);
        await changed();
      }}
    />
  );
}

function TeamForm({ team, onDone }: { team: Team | null; onDone: () => void }) {
  const { t } = useTranslation();
  const { data: agents } = useQuery(agentsQuery);
  const may = useMay("inbox.read");
  const { data: inboxes } = useQuery({ ...inboxesQuery, enabled: may });
  const [name, setName] = useState(team?.name ?? "");
  const [members, setMembers] = useState(team?.member_ids ?? []);
  const [served, setServed] = useState(team?.inbox_ids ?? []);
  const choice = (items: { id: string; name: string }[] | undefined) =>
    (items ?? []).map(({ id, name: label }) => ({ value: id, label }));

  async function save() {
    const body = { name: name.trim(), member_ids: members, inbox_ids: served };
    if (team) await api.teams.change(team.id, body);
    else await api.teams.create(body);
    await changed();
  }

  return (
    <SaveForm fields={["name"]} ready={name.trim() !== ""} onSave={save} onDone={onDone}>
      {(problem) => (
        <>
          <TextInput
            label={t("field.name")}
            data-autofocus
            value={name}
            error={problem("name")}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <MultiSelect
            label={t("teams.who")}
            data={choice(agents?.items)}
            value={members}
            onChange={setMembers}
            searchable
          />
          <MultiSelect
            label={t("teams.serves")}
            data={choice(inboxes?.items)}
            value={served}
            onChange={setServed}
            searchable
          />
        </>
      )}
    </SaveForm>
  );
}
