import { Menu, Text, UnstyledButton, useDirection, useMantineColorScheme } from "@mantine/core";
import {
  IconCheck,
  IconDeviceDesktop,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSun,
  IconUserCircle,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { queryClient, sessionQuery } from "../api/queries";
import type { Locale } from "../api/types";
import { currentLocale, direction, locales, setLocale } from "../locales";
import { Face } from "./Face";
import { leave } from "./leave";
import { useMe } from "./permission";
import classes from "./shell.module.css";
import { failed } from "./toast";

const schemes = [
  { value: "auto", icon: IconDeviceDesktop, label: "scheme.auto" },
  { value: "light", icon: IconSun, label: "scheme.light" },
  { value: "dark", icon: IconMoon, label: "scheme.dark" },
] as const;

export function ProfileMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const { t } = useTranslation();
  const { agent, workspace } = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { setDirection } = useDirection();

  async function speak(locale: Locale) {
    await setLocale(locale);
    setDirection(direction(locale));
    try {
      queryClient.setQueryData(sessionQuery.queryKey, await api.me.change({ locale }));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Menu position="right-end" width={240} keepMounted={false}>
      <Menu.Target>
        <UnstyledButton className={classes.link} aria-label={t("profile.menu", { name: agent.name })}>
          <Face id={agent.id} name={agent.name} size={28} />
          <span className={classes.label} aria-hidden="true">
            {t("profile.short")}
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text fw={600} c="var(--desk-text)">
            {agent.name}
          </Text>
          {workspace.name}
        </Menu.Label>
        <Menu.Item component={Link} to="/settings/profile" leftSection={<IconUserCircle size={16} />}>
          {t("settings.profile")}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onShortcuts}>
          {t("keys.title")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("field.language")}</Menu.Label>
        {locales.map((locale) => (
          <Menu.Item
            key={locale.code}
            lang={locale.code}
            closeMenuOnClick={false}
            rightSection={currentLocale() === locale.code ? <IconCheck size={16} /> : null}
            aria-current={currentLocale() === locale.code}
            onClick={() => void speak(locale.code)}
          >
            {locale.name}
          </Menu.Item>
        ))}
        <Menu.Label>{t("profile.scheme")}</Menu.Label>
        {schemes.map(({ value, icon: Icon, label }) => (
          <Menu.Item
            key={value}
            closeMenuOnClick={false}
            leftSection={<Icon size={16} />}
            rightSection={colorScheme === value ? <IconCheck size={16} /> : null}
            aria-current={colorScheme === value}
            onClick={() => setColorScheme(value)}
          >
            {t(label)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave(false).catch(failed)}>
          {t("profile.sign_out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
