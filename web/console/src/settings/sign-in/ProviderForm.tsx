import "@mantine/core/styles/Fieldset.layer.css";
import {
  ActionIcon,
  Button,
  Fieldset,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  TextInput,
} from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import type { Provider, ProviderDraft } from "../../api/types";
import { useMay } from "../../shell/permission";
import { failed } from "../../shell/toast";
import { useProof } from "../Proof";
import { useRoleNames } from "../roles/names";
import classes from "../settings.module.css";

const steps: ProviderDraft["second_step"][] = ["own", "claimed", "always"];

function draftOf(provider: Provider | null): ProviderDraft {
  if (!provider) {
    return {
      name: "",
      issuer: "",
      client_id: "",
      client_secret: "",
      enabled: true,
      scopes: ["email", "profile"],
      creates_accounts: false,
      links_by_email: false,
      vouches_for_emails: false,
      second_step: "own",
      group_claim: "",
      group_roles: [],
      default_role: null,
      acr_values: [],
      max_age: null,
    };
  }
  const { id: _id, has_secret: _has, created_at: _at, ...rest } = provider;
  return { ...rest, client_secret: "" };
}

interface Props {
  provider: Provider | null;
  /** What has to be entered at the provider. */
  callback: string | null;
  /** Where it says that somebody has signed out, with `{id}` for its id. */
  signOut: string | null;
  onDone: () => void;
}

/** Everything about one provider of identity. */
export function ProviderForm({ provider, callback, signOut, onDone }: Props) {
  const { t } = useTranslation();
  const [form, setForm] = useState(() => draftOf(provider));
  const [problem, setProblem] = useState<ApiError | null>(null);
  const { guarded, dialogue } = useProof();
  const set = (change: Partial<ProviderDraft>) => setForm((old) => ({ ...old, ...change }));
  const wrong = (field: string) => problem?.field(field) ?? null;

  const save = (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    void guarded(async () => {
      try {
        const { client_secret, ...rest } = form;
        const all = client_secret ? form : rest;
        if (provider) await api.providers.change(provider.id, all);
        else await api.providers.create(all);
        onDone();
      } catch (error) {
        if (error instanceof ApiError && error.code === "proof_needed") throw error;
        if (error instanceof ApiError && error.fields.length > 0) setProblem(error);
        else failed(error);
      }
    });
  };

  return (
    <>
      <form className={classes.form} onSubmit={save}>
        <TextInput
          label={t("provider.callback")}
          description={t("provider.callback_help")}
          value={callback ?? t("provider.no_base_url")}
          readOnly
          variant="filled"
          onFocus={(e) => e.currentTarget.select()}
        />
        <TextInput
          label={t("provider.sign_out_url")}
          description={t("provider.sign_out_help")}
          value={
            signOut === null
              ? t("provider.no_base_url")
              : provider
                ? signOut.replace("{id}", provider.id)
                : t("provider.sign_out_later")
          }
          readOnly
          variant="filled"
          onFocus={(e) => e.currentTarget.select()}
          data-testid="sign-out-url"
        />
        <TextInput
          label={t("field.name")}
          description={t("provider.name_help")}
          data-autofocus
          value={form.name}
          error={wrong("name")}
          onChange={(e) => set({ name: e.currentTarget.value })}
        />
        <TextInput
          label={t("provider.issuer")}
          description={t("provider.issuer_help")}
          placeholder="https://id.example.com"
          inputMode="url"
          readOnly={provider !== null}
          value={form.issuer}
          error={wrong("issuer")}
          onChange={(e) => set({ issuer: e.currentTarget.value.trim() })}
        />
        <TextInput
          label={t("provider.client_id")}
          value={form.client_id}
          error={wrong("client_id")}
          autoComplete="off"
          onChange={(e) => set({ client_id: e.currentTarget.value })}
        />
        <PasswordInput
          label={t("provider.client_secret")}
          description={t(provider?.has_secret ? "provider.secret_kept" : "provider.secret_help")}
          value={form.client_secret ?? ""}
          error={wrong("client_secret")}
          autoComplete="off"
          onChange={(e) => set({ client_secret: e.currentTarget.value })}
          visibilityToggleButtonProps={{ "aria-label": t("field.show_password") }}
        />
        <Words
          label={t("provider.scopes")}
          description={t("provider.scopes_help")}
          value={form.scopes}
          error={wrong("scopes")}
          onChange={(scopes) => set({ scopes })}
        />
        <Switch
          label={t("provider.enabled")}
          description={t("provider.enabled_help")}
          checked={form.enabled}
          onChange={(e) => set({ enabled: e.currentTarget.checked })}
        />
        <Select
          label={t("provider.second_step")}
          allowDeselect={false}
          value={form.second_step}
          data={steps.map((step) => ({ value: step, label: t(`provider.step_${step}`) }))}
          onChange={(step) => set({ second_step: steps.find((one) => one === step) ?? "own" })}
        />
        <Words
          label={t("provider.acr_values")}
          description={t("provider.acr_values_help")}
          value={form.acr_values ?? []}
          error={wrong("acr_values")}
          onChange={(acr_values) => set({ acr_values })}
        />
        <NumberInput
          label={t("provider.max_age")}
          description={t("provider.max_age_help")}
          min={1}
          max={43_200}
          allowDecimal={false}
          value={form.max_age ?? ""}
          error={wrong("max_age")}
          onChange={(minutes) => set({ max_age: typeof minutes === "number" ? minutes : null })}
          data-testid="max-age"
        />
        <Accounts form={form} set={set} />
        <Roles form={form} set={set} wrong={wrong} />
        <div className={classes.buttons}>
          <Button type="submit" data-testid="save-provider">
            {t("action.save")}
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

interface WordsProps {
  label: string;
  description: string;
  value: string[];
  error: string | null;
  onChange: (words: string[]) => void;
}

/** Names with spaces between. */
function Words({ value, onChange, ...field }: WordsProps) {
  return (
    <TextInput
      {...field}
      value={value.join(" ")}
      // What is being typed may end with a space.
      onChange={(e) =>
        onChange(
          e.currentTarget.value.split(" ").filter((one, at, all) => one !== "" || at === all.length - 1),
        )
      }
      onBlur={() => onChange(value.filter(Boolean))}
    />
  );
}

interface Part {
  form: ProviderDraft;
  set: (change: Partial<ProviderDraft>) => void;
}

/** Whose account somebody has. */
function Accounts({ form, set }: Part) {
  const { t } = useTranslation();
  return (
    <Fieldset legend={t("provider.accounts")}>
      <div className={classes.form}>
        <Switch
          label={t("provider.creates_accounts")}
          description={t("provider.creates_accounts_help")}
          checked={form.creates_accounts}
          onChange={(e) => set({ creates_accounts: e.currentTarget.checked })}
          data-testid="creates-accounts"
        />
        <Switch
          label={t("provider.links_by_email")}
          description={t("provider.links_by_email_help")}
          checked={form.links_by_email}
          onChange={(e) => set({ links_by_email: e.currentTarget.checked })}
        />
        <Switch
          label={t("provider.vouches_for_emails")}
          description={t("provider.vouches_for_emails_help")}
          checked={form.vouches_for_emails}
          onChange={(e) => set({ vouches_for_emails: e.currentTarget.checked })}
        />
      </div>
    </Fieldset>
  );
}

/** Which role somebody gets. */
function Roles({ form, set, wrong }: Part & { wrong: (field: string) => string | null }) {
  const { t } = useTranslation();
  const may = useMay("role.manage");
  const { roles, name } = useRoleNames();
  const offered = roles
    .filter((one) => one.role !== "owner")
    .map((one) => ({ value: one.role, label: name(one.role) }));
  const put = (at: number, change: Partial<(typeof form.group_roles)[number]>) =>
    set({ group_roles: form.group_roles.map((one, place) => (place === at ? { ...one, ...change } : one)) });

  return (
    <Fieldset legend={t("provider.roles")} disabled={!may}>
      <div className={classes.form}>
        <Select
          label={t("provider.default_role")}
          description={t("provider.default_role_help")}
          clearable
          clearButtonProps={{ "aria-label": t("action.clear") }}
          value={form.default_role ?? null}
          data={offered}
          error={wrong("default_role")}
          onChange={(role) => set({ default_role: role })}
          data-testid="default-role"
        />
        <TextInput
          label={t("provider.group_claim")}
          description={t("provider.group_claim_help")}
          placeholder="groups"
          value={form.group_claim}
          error={wrong("group_claim")}
          onChange={(e) => set({ group_claim: e.currentTarget.value })}
        />
        {form.group_roles.map((one, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is what a row is; two may say the same while typed
          <Group key={at} gap={8} wrap="nowrap" align="end">
            <TextInput
              style={{ flex: 1 }}
              label={t("provider.group")}
              value={one.group}
              onChange={(e) => put(at, { group: e.currentTarget.value })}
            />
            <Select
              style={{ flex: 1 }}
              label={t("provider.group_role")}
              allowDeselect={false}
              value={one.role}
              data={offered}
              onChange={(role) => put(at, { role: role ?? one.role })}
            />
            <ActionIcon
              size={36}
              aria-label={t("provider.group_remove", { group: one.group })}
              onClick={() => set({ group_roles: form.group_roles.filter((_, place) => place !== at) })}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </Group>
        ))}
        {wrong("group_roles") && <p role="alert">{wrong("group_roles")}</p>}
        <div className={classes.buttons}>
          <Button
            variant="default"
            size="xs"
            onClick={() =>
              set({
                group_roles: [...form.group_roles, { group: "", role: "agent" }],
                group_claim: form.group_claim || "groups",
              })
            }
          >
            {t("provider.group_add")}
          </Button>
        </div>
      </div>
    </Fieldset>
  );
}
