import { Button, Checkbox, Code, Modal, Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { agentsQuery, queryClient, tokensQuery } from "../../api/queries";
import type { Permission, Token } from "../../api/types";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { useMe } from "../../shell/permission";
import { failed } from "../../shell/toast";
import { Confirm } from "../Confirm";
import { Page } from "../Page";
import { useProof } from "../Proof";
import classes from "../settings.module.css";

const DAY = 86_400_000;
const changed = () => queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey });

/** Tokens for programs: made, seen and revoked. */
export function TokensPage() {
  const { t } = useTranslation();
  const { data } = useQuery(tokensQuery);
  const { data: agents } = useQuery(agentsQuery);
  const [creating, setCreating] = useState(false);
  const [ending, setEnding] = useState<Token | null>(null);
  const moment = (at: number) => shortMoment(at, currentLocale());

  return (
    <Page
      title={t("settings.tokens")}
      help={t("token.help")}
      action={<Button onClick={() => setCreating(true)}>{t("token.new")}</Button>}
    >
      {data?.items.length === 0 && <p className={classes.help}>{t("token.none")}</p>}
      <ul className={classes.rows}>
        {(data?.items ?? []).map((token) => (
          <li key={token.id}>
            <div className={classes.grow}>
              <strong>{token.name}</strong>
              <small>
                {[
                  agents?.items.find((agent) => agent.id === token.agent_id)?.name,
                  token.used_at === null
                    ? t("token.unused")
                    : t("token.used", { when: moment(token.used_at), from: token.used_from ?? "" }),
                  token.expires_at === null
                    ? t("token.endless")
                    : t("token.ends", { when: moment(token.expires_at) }),
                  token.networks.join(", "),
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </small>
              <small>{token.permissions.join(", ")}</small>
            </div>
            <Button size="xs" variant="default" onClick={() => setEnding(token)}>
              {t("token.revoke")}
            </Button>
          </li>
        ))}
      </ul>
      <Modal
        opened={creating}
        onClose={() => setCreating(false)}
        title={t("token.new")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <TokenForm onDone={() => setCreating(false)} />
      </Modal>
      <Confirm
        opened={ending !== null}
        title={t("token.revoke_title", { name: ending?.name ?? "" })}
        text={t("token.revoke_text")}
        action={t("token.revoke")}
        onClose={() => setEnding(null)}
        onConfirm={async () => {
          if (ending) await api.tokens.revoke(ending.id);
          await changed();
        }}
      />
    </Page>
  );
}

function TokenForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const { permissions } = useMe();
  const { guarded, dialogue } = useProof();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [networks, setNetworks] = useState("");
  const [days, setDays] = useState("90");
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [secret, setSecret] = useState<string | null>(null);

  async function create(event: FormEvent) {
    event.preventDefault();
    setProblem(null);
    await guarded(async () => {
      try {
        const made = await api.tokens.create({
          name,
          permissions: chosen as Permission[],
          networks: networks.split(/[\s,]+/).filter(Boolean),
          expires_at: days === "" ? null : Date.now() + Number(days) * DAY,
        });
        setSecret(made.secret);
        await changed();
      } catch (error) {
        if (error instanceof ApiError && error.fields.length > 0) setProblem(error);
        else throw error;
      }
    });
  }

  if (secret) {
    return (
      <div className={classes.form}>
        <p style={{ margin: 0 }}>{t("token.once")}</p>
        <Code block data-testid="token-secret">
          {secret}
        </Code>
        <div className={classes.buttons}>
          <Button onClick={() => void navigator.clipboard.writeText(secret).catch(failed)}>
            {t("token.copy")}
          </Button>
          <Button variant="default" onClick={onDone}>
            {t("action.close")}
          </Button>
        </div>
      </div>
    );
  }
  return (
    <>
      <form className={classes.form} onSubmit={create}>
        <TextInput
          label={t("token.name")}
          data-autofocus
          required
          withAsterisk={false}
          value={name}
          error={problem?.field("name")}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Checkbox.Group
          label={t("token.may")}
          value={chosen}
          onChange={setChosen}
          error={problem?.field("permissions")}
        >
          <div className={classes.form} style={{ gap: 6, paddingBlock: 8 }}>
            {permissions.map((permission) => (
              <Checkbox key={permission} value={permission} label={permission} />
            ))}
          </div>
        </Checkbox.Group>
        <Select
          label={t("token.life")}
          value={days}
          data={[
            { value: "30", label: t("token.days", { count: 30 }) },
            { value: "90", label: t("token.days", { count: 90 }) },
            { value: "365", label: t("token.days", { count: 365 }) },
            { value: "", label: t("token.endless") },
          ]}
          onChange={(value) => setDays(value ?? "")}
        />
        <Textarea
          label={t("token.networks")}
          description={t("token.networks_help")}
          value={networks}
          error={problem?.fields.find((field) => field.path.startsWith("networks"))?.message}
          onChange={(e) => setNetworks(e.currentTarget.value)}
        />
        <div className={classes.buttons}>
          <Button type="submit" data-testid="create-token">
            {t("action.create")}
          </Button>
          <Button variant="default" onClick={onDone}>
            {t("action.cancel")}
          </Button>
        </div>
      </form>
      {dialogue}
    </>
  );
}
