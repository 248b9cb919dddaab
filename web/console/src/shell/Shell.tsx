import { useHotkeys } from "@mantine/hooks";
import { IconInbox, IconKeyboard, IconSearch, IconSettings } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { whenUnauthorized } from "../api/client";
import { countsQuery, queryClient } from "../api/queries";
import { openOutbox } from "../composer/outbox";
import { connection, useWatched } from "../feed/connection";
import { Feed } from "../feed/feed";
import { waiting } from "../feed/reduce";
import { preview } from "../list/preview";
import { useAlarms } from "./alarms";
import { ConnectionStrip } from "./ConnectionStrip";
import { Face } from "./Face";
import { FeedContext } from "./feedContext";
import { toSignIn } from "./leave";
import { useMe } from "./permission";
import classes from "./shell.module.css";
import { ViewBanner } from "./ViewBanner";
import { Waiting } from "./Waiting";

// Menus need a positioning engine that the first picture can do without.
const ProfileMenu = lazy(() => import("./ProfileMenu").then((m) => ({ default: m.ProfileMenu })));
const ShortcutsHelp = lazy(() => import("./ShortcutsHelp").then((m) => ({ default: m.ShortcutsHelp })));

/** The frame around every page of a signed-in agent; it holds the event stream open. */
export function Shell() {
  const { t } = useTranslation();
  const me = useMe();
  const { conversationId } = useParams({ strict: false });
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  const [said, setSaid] = useState("");
  const [feed, setFeed] = useState<Feed | null>(null);
  const state = useWatched(connection).state;
  const { data: counts } = useQuery(countsQuery);
  const unread = waiting(counts);
  const alarms = useAlarms();

  // What a reload cut off leaves now.
  useEffect(() => openOutbox(me.agent.id), [me.agent.id]);

  // The stream starts where the session's answer stood and then keeps its own place.
  const since = useRef(me.seq);
  const say = useRef(setSaid);
  useEffect(() => {
    const signedOut = () => {
      // Several refusals may arrive together; the first has already left.
      if (location.pathname !== "/sign-in") void toSignIn(location.pathname + location.search);
    };
    whenUnauthorized(signedOut);
    const opened = new Feed(queryClient, since.current, {
      onArrival: (message, conversation) =>
        say.current(
          t("live.message", {
            name: conversation?.contact.name ?? message.author.name ?? "",
            text: preview(message.content, t),
          }),
        ),
      onSignedOut: signedOut,
    });
    setFeed(opened);
    return () => {
      opened.close();
      whenUnauthorized(() => {});
    };
  }, [t]);

  useEffect(() => {
    document.title =
      unread > 0 ? `(${unread}) ${me.workspace.name || "Bellhop"}` : me.workspace.name || "Bellhop";
  }, [unread, me.workspace.name]);

  useHotkeys([
    ["shift+?", () => setHelp(true)],
    ["?", () => setHelp(true)],
    [
      "g",
      () =>
        void navigate({
          to: "/inbox/$view/{-$conversationId}",
          params: { view: "mine", conversationId: undefined },
        }),
    ],
  ]);

  // Also from within a text field, where other keys write.
  useHotkeys([["mod+K", () => void navigate({ to: "/search" })]], []);

  return (
    <FeedContext.Provider value={feed}>
      <a className="skip-link" href="#content">
        {t("shell.skip")}
      </a>
      <div className={classes.frame}>
        <nav
          className={classes.rail}
          aria-label={t("shell.navigation")}
          data-hidden={conversationId !== undefined}
        >
          <span className={classes.logo}>
            <img src="/icon.svg" alt="" />
          </span>
          <Link
            title={t("shell.inbox")}
            className={classes.link}
            to="/inbox/$view/{-$conversationId}"
            params={{ view: "mine", conversationId: undefined }}
            aria-label={unread > 0 ? t("shell.inbox_unread", { count: unread }) : t("shell.inbox")}
          >
            <IconInbox size={22} stroke={1.6} />
            {unread > 0 && (
              <span className={classes.badge} aria-hidden="true">
                {unread > 99 ? "99+" : unread}
              </span>
            )}
            <span className={classes.label} aria-hidden="true">
              {t("shell.inbox")}
            </span>
          </Link>

          <Link
            title={t("search.title")}
            className={classes.link}
            to="/search"
            aria-label={t("search.title")}
          >
            <IconSearch size={22} stroke={1.6} />
            <span className={classes.label} aria-hidden="true">
              {t("search.short")}
            </span>
          </Link>

          <Link
            title={t("shell.settings")}
            className={classes.link}
            to="/settings"
            aria-label={alarms > 0 ? t("shell.settings_alarms", { count: alarms }) : t("shell.settings")}
          >
            <IconSettings size={22} stroke={1.6} />
            {alarms > 0 && <span className={classes.alarm} data-testid="alarm-badge" aria-hidden="true" />}
            <span className={classes.label} aria-hidden="true">
              {t("shell.settings")}
            </span>
          </Link>

          <span className={classes.spacer} />
          <span
            title={state === "online" ? t("connection.online") : t("connection.connecting")}
            className={`${classes.link} ${classes.quiet}`}
            aria-hidden="true"
          >
            <span className={classes.dot} data-state={state} />
          </span>

          <button
            title={t("keys.title")}
            type="button"
            className={`${classes.link} ${classes.quiet}`}
            aria-label={t("keys.title")}
            onClick={() => setHelp(true)}
          >
            <IconKeyboard size={22} stroke={1.6} />
          </button>

          <Suspense
            fallback={
              <span className={classes.link}>
                <Face id={me.agent.id} name={me.agent.name} size={28} />
              </span>
            }
          >
            <ProfileMenu onShortcuts={() => setHelp(true)} />
          </Suspense>
        </nav>
        <div className={classes.column}>
          <ViewBanner />
          <ConnectionStrip reconnect={() => feed?.reconnect()} />
          <main id="content" className={classes.page} tabIndex={-1}>
            <Suspense fallback={<Waiting />}>
              <Outlet />
            </Suspense>
          </main>
        </div>
      </div>
      <div className="sr-only" aria-live="polite" role="log" aria-label={t("live.region")}>
        {said}
      </div>
      {help && (
        <Suspense>
          <ShortcutsHelp opened onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </FeedContext.Provider>
  );
}
