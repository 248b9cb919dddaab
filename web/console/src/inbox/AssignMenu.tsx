import { ActionIcon, Menu } from "@mantine/core";
import { IconCheck, IconRobot, IconUserOff, IconUserPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { agentsQuery, botQuery, teamsQuery } from "../api/queries";
import type { Conversation } from "../api/types";
import { Face } from "../shell/Face";
import { useMay, useMe } from "../shell/permission";

interface Props {
  conversation: Conversation;
  onAssign: (agent: string | null) => void;
  onTeam: (team: string | null) => void;
  onHandBack: () => void;
}

/** Gives a conversation to somebody, or back. */
export function AssignMenu({ conversation, onAssign, onTeam, onHandBack }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const { data: bot } = useQuery({
    ...botQuery(conversation.inbox_id),
    enabled: useMay("inbox.read"),
  });
  const canHandBack = bot?.enabled === true && conversation.turn !== "bot";
  const { data } = useQuery(agentsQuery);
  const { data: teams } = useQuery(teamsQuery);
  const agents = (data?.items ?? []).filter((a) => !a.disabled);
  const assignee = data?.items.find((a) => a.id === conversation.assignee_id);
  const label = assignee ? t("assign.to_now", { name: assignee.name }) : t("assign.action");
  return (
    <Menu position="bottom-end" width={230} keepMounted={false}>
      <Menu.Target>
        <ActionIcon aria-label={label} title={label} data-testid="assign">
          {assignee ? (
            <Face id={assignee.id} name={assignee.name} size={26} />
          ) : (
            <IconUserPlus size={20} stroke={1.6} />
          )}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("assign.title")}</Menu.Label>
        {agents.map((agent) => (
          <Menu.Item
            key={agent.id}
            leftSection={<Face id={agent.id} name={agent.name} size={22} />}
            rightSection={agent.id === conversation.assignee_id ? <IconCheck size={16} /> : null}
            onClick={() => onAssign(agent.id)}
          >
            {agent.id === me.agent.id ? t("assign.me_named", { name: agent.name }) : agent.name}
          </Menu.Item>
        ))}
        {(conversation.assignee_id !== null || canHandBack) && <Menu.Divider />}
        {canHandBack && (
          <Menu.Item
            leftSection={<IconRobot size={18} stroke={1.6} />}
            onClick={onHandBack}
            data-testid="hand-back"
          >
            {t("bot.hand_back")}
          </Menu.Item>
        )}
        {conversation.assignee_id !== null && (
          <Menu.Item leftSection={<IconUserOff size={18} stroke={1.6} />} onClick={() => onAssign(null)}>
            {t("assign.nobody")}
          </Menu.Item>
        )}
        {(teams?.items.length ?? 0) > 0 && (
          <>
            <Menu.Divider />
            <Menu.Label>{t("assign.team")}</Menu.Label>
            {teams?.items.map((team) => (
              <Menu.Item
                key={team.id}
                rightSection={team.id === conversation.team_id ? <IconCheck size={16} /> : null}
                onClick={() => onTeam(team.id)}
              >
                {team.name}
              </Menu.Item>
            ))}
            {conversation.team_id !== null && (
              <Menu.Item onClick={() => onTeam(null)}>{t("assign.no_team")}</Menu.Item>
            )}
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
