import "@mantine/core/styles/Fieldset.layer.css";
import "@mantine/core/styles/Radio.layer.css";
import { Button, Checkbox, Fieldset, Modal, Radio, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queryClient, rolesQuery } from "../../api/queries";
import type { Mask, Permission, RoleView, Scope } from "../../api/types";
import { useMay, useMe } from "../../shell/permission";
import { Confirm } from "../Confirm";
import { Page } from "../Page";
import { SaveForm } from "../SaveForm";
import classes from "../settings.module.css";
import { roleName } from "./names";

const scopes: Scope[] = ["own", "team", "inbox", "all"];
const masks: Mask[] = ["phone", "email", "address", "attributes", "name"];
const changed = () => queryClient.invalidateQueries({ queryKey: rolesQuery.queryKey });

/** The roles of the workspace with what they hold; the built-in ones are read, the others made and changed here. */
export function RolesPage() {
  const { t } = useTranslation();
  const may = useMay("role.manage");
  const { data } = useQuery(rolesQuery);
  const [shown, setShown] = useState<RoleView | "new" | null>(null);
  const [doomed, setDoomed] = useState<RoleView | null>(null);
  const name = (role: RoleView) => roleName(t, role.role, data?.items);
  return (
    <Page
      title={t("settings.roles")}
      help={t("roles.help")}
      action={may && <Button onClick={() => setShown("new")}>{t("roles.new")}</Button>}
    >
      <ul className={classes.rows}>
        {(data?.items ?? []).map((role) => (
          <li key={role.role} style={{ flexWrap: "wrap" }}>
            <div className={classes.grow}>
              <strong>{name(role)}</strong>
              <small>
                {t(`scope.${role.scope}`)}
                {role.masks.length > 0 &&
                  ` · ${t("roles.hides", { what: role.masks.map((mask) => t(`mask.${mask}`)).join(", ") })}`}
              </small>
            </div>
            <span className={classes.tag}>{t("people.count", { count: role.members })}</span>
            <Button
              size="xs"
              variant="default"
              onClick={() => setShown(role)}
              aria-label={t("roles.show", { name: name(role) })}
            >
              {role.name !== null && may ? t("action.edit") : t("roles.rights")}
            </Button>
            {role.name !== null && may && (
              <Button
                size="xs"
                variant="default"
                onClick={() => setDoomed(role)}
                aria-label={t("action.delete_name", { name: name(role) })}
              >
                {t("action.delete")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Modal
        opened={shown !== null}
        onClose={() => setShown(null)}
        size="lg"
        title={shown === "new" ? t("roles.new") : shown && name(shown)}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {shown && (
          <RoleForm
            role={shown === "new" ? null : shown}
            fixed={!may || (shown !== "new" && shown.name === null)}
            onDone={() => setShown(null)}
          />
        )}
      </Modal>
      <Confirm
        opened={doomed !== null}
        title={t("action.delete_name", { name: doomed ? name(doomed) : "" })}
        text={t("roles.delete_help")}
        action={t("action.delete")}
        onClose={() => setDoomed(null)}
        onConfirm={async () => {
          if (doomed) await api.roles.remove(doomed.role);
          await changed();
        }}
      />
    </Page>
  );
}

function RoleForm({ role, fixed, onDone }: { role: RoleView | null; fixed: boolean; onDone: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const [form, setForm] = useState({
    name: role?.name ?? "",
    permissions: role?.permissions ?? (["conversation.read"] as Permission[]),
    scope: role?.scope ?? ("team" as Scope),
    masks: role?.masks ?? ([...me.masks] as Mask[]),
  });
  const set = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));
  // Nobody hands on what they do not have themselves.
  const offered = fixed ? form.permissions : me.permissions;

  async function save() {
    if (role) await api.roles.change(role.role, form);
    else await api.roles.create(form);
    await changed();
  }

  return (
    <SaveForm fields={["name"]} fixed={fixed} ready={form.name.trim() !== ""} onSave={save} onDone={onDone}>
      {(problem) => (
        <>
          {!fixed && (
            <TextInput
              label={t("field.name")}
              data-autofocus
              value={form.name}
              error={problem("name")}
              onChange={(e) => set({ name: e.currentTarget.value })}
            />
          )}
          <Radio.Group
            label={t("roles.scope")}
            value={form.scope}
            onChange={(scope) => !fixed && set({ scope: scope as Scope })}
          >
            <Stack gap={6} mt={6}>
              {scopes.map((scope) => (
                <Radio
                  key={scope}
                  value={scope}
                  label={t(`scope.${scope}`)}
                  disabled={fixed || scopes.indexOf(scope) > scopes.indexOf(me.scope)}
                />
              ))}
            </Stack>
          </Radio.Group>
          <Checkbox.Group
            label={t("roles.masks")}
            description={t("roles.masks_help")}
            value={form.masks}
            onChange={(chosen) => !fixed && set({ masks: masks.filter((mask) => chosen.includes(mask)) })}
          >
            <Stack gap={6} mt={6}>
              {masks.map((mask) => (
                <Checkbox
                  key={mask}
                  value={mask}
                  label={t(`mask.${mask}`)}
                  disabled={fixed || me.masks.includes(mask)}
                />
              ))}
            </Stack>
          </Checkbox.Group>
          <Fieldset legend={t("roles.permissions")}>
            {fixed ? (
              <ul style={{ margin: 0, paddingInlineStart: 18 }}>
                {offered.map((one) => (
                  <li key={one}>{t(`permission.${one.replaceAll(".", "_")}` as "permission.view_as")}</li>
                ))}
              </ul>
            ) : (
              <Checkbox.Group
                aria-label={t("roles.permissions")}
                value={form.permissions}
                onChange={(chosen) => set({ permissions: offered.filter((one) => chosen.includes(one)) })}
              >
                <Stack gap={6}>
                  {offered.map((one) => (
                    <Checkbox
                      key={one}
                      value={one}
                      label={t(`permission.${one.replaceAll(".", "_")}` as "permission.view_as")}
                    />
                  ))}
                </Stack>
              </Checkbox.Group>
            )}
          </Fieldset>
        </>
      )}
    </SaveForm>
  );
}
