import { useMediaQuery } from "@mantine/hooks";
import { Navigate } from "@tanstack/react-router";
import { useMe } from "../shell/permission";

/** On a phone the menu stands alone; elsewhere its first page is shown beside it. */
export function SettingsHome() {
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const { permissions } = useMe();
  if (phone) return null;
  return (
    <Navigate to={permissions.includes("inbox.read") ? "/settings/inboxes" : "/settings/profile"} replace />
  );
}
