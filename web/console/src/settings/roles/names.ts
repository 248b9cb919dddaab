import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { rolesQuery } from "../../api/queries";
import type { RoleView } from "../../api/types";

/** What a role is called: the built-in ones in the reader's language, the others as the workspace calls them. */
export function roleName(t: TFunction, role: string, roles: RoleView[] | undefined): string {
  const made = roles?.find((one) => one.role === role)?.name;
  return made ?? (role.startsWith("ro_") ? t("role.unknown") : t(`role.${role}` as "role.agent"));
}

/** The name of any role, once the list is there. */
export function useRoleNames(): { roles: RoleView[]; name: (role: string) => string } {
  const { t } = useTranslation();
  const { data } = useQuery(rolesQuery);
  return { roles: data?.items ?? [], name: (role) => roleName(t, role, data?.items) };
}
