import {
  IconActivityHeartbeat,
  IconApi,
  IconBook,
  IconClock,
  IconFingerprint,
  IconLifebuoy,
  IconListSearch,
  IconLock,
  IconMessageBolt,
  IconPlugConnected,
  IconRobot,
  IconShieldCheck,
  IconSparkles,
  IconTag,
  IconUserCircle,
  IconUserShield,
  IconUsers,
  IconUsersGroup,
} from "@tabler/icons-react";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useAlarms } from "../shell/alarms";
import { useMe } from "../shell/permission";
import classes from "./settings.module.css";

const pages = [
  { to: "/settings/inboxes", label: "settings.inboxes", icon: IconPlugConnected, permission: "inbox.read" },
  { to: "/settings/hours", label: "settings.hours", icon: IconClock, permission: "inbox.read" },
  { to: "/settings/quick-replies", label: "settings.quick_replies", icon: IconMessageBolt, permission: null },
  { to: "/settings/knowledge", label: "settings.knowledge", icon: IconBook, permission: "knowledge.read" },
  { to: "/settings/intents", label: "settings.intents", icon: IconRobot, permission: "knowledge.read" },
  { to: "/settings/language-model", label: "model.title", icon: IconSparkles, permission: "inbox.manage" },
  {
    to: "/settings/help-centre",
    label: "settings.help_centre",
    icon: IconLifebuoy,
    permission: "knowledge.manage",
  },
  { to: "/settings/labels", label: "settings.labels", icon: IconTag, permission: null },
  { to: "/settings/people", label: "settings.people", icon: IconUsers, permission: "agent.read" },
  { to: "/settings/teams", label: "settings.teams", icon: IconUsersGroup, permission: "agent.read" },
  { to: "/settings/roles", label: "settings.roles", icon: IconUserShield, permission: "agent.read" },
  { to: "/settings/sign-in", label: "settings.sign_in", icon: IconFingerprint, permission: "sign_in.manage" },
  { to: "/settings/tokens", label: "settings.tokens", icon: IconApi, permission: "token.manage" },
  { to: "/settings/audit", label: "settings.audit", icon: IconListSearch, permission: "audit.read" },
  {
    to: "/settings/operation",
    label: "settings.operation",
    icon: IconActivityHeartbeat,
    permission: "operate",
  },
  {
    to: "/settings/privacy",
    label: "settings.privacy",
    icon: IconShieldCheck,
    permission: "privacy.manage",
  },
  { to: "/settings/encryption", label: "settings.encryption", icon: IconLock, permission: null },
  { to: "/settings/profile", label: "settings.profile", icon: IconUserCircle, permission: null },
] as const;

/** The menu of the settings beside the chosen one; on a phone the menu is a page of its own. */
export function SettingsPage() {
  const { t } = useTranslation();
  const { permissions } = useMe();
  const alarms = useAlarms();
  const { pathname } = useLocation();
  const atMenu = pathname === "/settings" || pathname === "/settings/";
  return (
    <div className={classes.frame} data-menu={atMenu}>
      <nav className={classes.menu} aria-label={t("shell.settings")}>
        {atMenu ? (
          <h1 className={classes.heading}>{t("shell.settings")}</h1>
        ) : (
          <p className={classes.heading}>{t("shell.settings")}</p>
        )}
        {pages
          .filter((page) => page.permission === null || permissions.includes(page.permission))
          .map(({ to, label, icon: Icon }) => (
            <Link key={to} to={to} className={classes.link}>
              <Icon size={18} stroke={1.7} />
              {t(label)}
              {to === "/settings/operation" && alarms > 0 && (
                <span className={classes.alarms} data-testid="alarm-count">
                  {alarms}
                  <span className="sr-only"> {t("operation.standing", { count: alarms })}</span>
                </span>
              )}
            </Link>
          ))}
      </nav>
      <div className={classes.content}>
        <Outlet />
      </div>
    </div>
  );
}
