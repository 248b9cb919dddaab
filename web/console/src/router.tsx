import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { type Beginning, queryClient, sessionQuery, setupQuery } from "./api/queries";
import type { ConversationState } from "./api/types";
import { currentLocale, loadSettings, nearest, setLocale } from "./locales";
import { isDay } from "./search/day";
import { Broken } from "./shell/Broken";
import { NotFound } from "./shell/NotFound";
import { Waiting } from "./shell/Waiting";
import { arrived, isOwnPath } from "./signin/journey";

export const views = ["mine", "unassigned", "all"] as const;
export type View = (typeof views)[number];

export interface InboxSearch {
  state?: ConversationState | "all";
  inbox?: string;
  label?: string;
  q?: string;
  /** On a phone: the contact's pane over the thread. */
  pane?: "contact";
  /** The message to show in the thread. */
  message?: string;
}

export const writers = ["in", "out", "note"] as const;

/** What is looked for in messages. */
export interface MessageSearch {
  q?: string;
  inbox?: string;
  agent?: string;
  by?: (typeof writers)[number];
  /** Days, as `2026-11-22`. */
  from?: string;
  until?: string;
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  beforeLoad: async () => {
    const { needed } = await queryClient.fetchQuery({ ...setupQuery, staleTime: 0 });
    if (!needed) throw redirect({ to: "/sign-in" });
  },
  component: lazyRouteComponent(() => import("./setup/SetupPage"), "SetupPage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search): { next?: string } => (isOwnPath(search.next) ? { next: search.next } : {}),
  beforeLoad: async () => {
    const { needed } = await queryClient.ensureQueryData(setupQuery);
    if (needed) throw redirect({ to: "/setup" });
  },
  component: lazyRouteComponent(() => import("./signin/SignInPage"), "SignInPage"),
});

// Where providers of identity send the browser back to.
const provider = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/provider",
  beforeLoad: () => ({ callback: arrived }),
  component: lazyRouteComponent(() => import("./signin/ProviderPage"), "ProviderPage"),
});

const welcome = createRoute({
  getParentRoute: () => root,
  path: "/welcome",
  component: lazyRouteComponent(() => import("./welcome/WelcomePage"), "WelcomePage"),
});

const desk = createRoute({
  getParentRoute: () => root,
  id: "desk",
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (session === null) {
      throw redirect({ to: "/sign-in", search: location.pathname === "/" ? {} : { next: location.href } });
    }
    const locale = nearest([session.agent.locale]);
    if (locale !== currentLocale()) await setLocale(locale);
  },
  component: lazyRouteComponent(() => import("./shell/Shell"), "Shell"),
});

const home = createRoute({
  getParentRoute: () => desk,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/inbox/$view/{-$conversationId}", params: { view: "mine" } });
  },
});

const states = ["open", "snoozed", "resolved", "all"] as const;

function readInboxSearch(search: Record<string, unknown>): InboxSearch {
  const text = (key: string) => {
    const value = search[key];
    return typeof value === "string" && value !== "" ? { [key]: value } : {};
  };
  const state = states.find((s) => s === search.state);
  return {
    ...(state && state !== "open" ? { state } : {}),
    ...text("inbox"),
    ...text("label"),
    ...text("q"),
    ...text("message"),
    ...(search.pane === "contact" ? { pane: "contact" as const } : {}),
  };
}

const inbox = createRoute({
  getParentRoute: () => desk,
  path: "/inbox/$view/{-$conversationId}",
  params: {
    parse: (params): { view: View; conversationId?: string | undefined } => ({
      view: views.find((v) => v === params.view) ?? "mine",
      conversationId: params.conversationId,
    }),
    stringify: (params) => params,
  },
  validateSearch: readInboxSearch,
  component: lazyRouteComponent(() => import("./inbox/InboxPage"), "InboxPage"),
});

function readMessageSearch(search: Record<string, unknown>): MessageSearch {
  // A word of digits alone was read as a number.
  const q = typeof search.q === "number" ? String(search.q) : search.q;
  const by = writers.find((writer) => writer === search.by);
  return {
    ...(typeof q === "string" && q !== "" ? { q } : {}),
    ...(typeof search.inbox === "string" ? { inbox: search.inbox } : {}),
    ...(typeof search.agent === "string" ? { agent: search.agent } : {}),
    ...(by ? { by } : {}),
    ...(isDay(search.from) ? { from: search.from } : {}),
    ...(isDay(search.until) ? { until: search.until } : {}),
  };
}

const search = createRoute({
  getParentRoute: () => desk,
  path: "/search",
  validateSearch: readMessageSearch,
  component: lazyRouteComponent(() => import("./search/SearchPage"), "SearchPage"),
});

const settings = createRoute({
  getParentRoute: () => desk,
  path: "/settings",
  beforeLoad: loadSettings,
  component: lazyRouteComponent(() => import("./settings/SettingsPage"), "SettingsPage"),
});

const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: "/",
  component: lazyRouteComponent(() => import("./settings/SettingsHome"), "SettingsHome"),
});

const settingsInboxes = createRoute({
  getParentRoute: () => settings,
  path: "/inboxes",
  component: lazyRouteComponent(() => import("./settings/inboxes/InboxesPage"), "InboxesPage"),
});

const settingsInbox = createRoute({
  getParentRoute: () => settings,
  path: "/inboxes/$inboxId",
  component: lazyRouteComponent(() => import("./settings/inboxes/InboxPage"), "InboxPage"),
});

const settingsBotTrial = createRoute({
  getParentRoute: () => settings,
  path: "/inboxes/$inboxId/bot",
  component: lazyRouteComponent(() => import("./settings/inboxes/BotTrialPage"), "BotTrialPage"),
});

const settingsHours = createRoute({
  getParentRoute: () => settings,
  path: "/hours",
  component: lazyRouteComponent(() => import("./settings/hours/HoursPage"), "HoursPage"),
});

const settingsQuickReplies = createRoute({
  getParentRoute: () => settings,
  path: "/quick-replies",
  component: lazyRouteComponent(
    () => import("./settings/quick-replies/QuickRepliesPage"),
    "QuickRepliesPage",
  ),
});

const settingsKnowledge = createRoute({
  getParentRoute: () => settings,
  path: "/knowledge",
  component: lazyRouteComponent(() => import("./settings/knowledge/KnowledgePage"), "KnowledgePage"),
});

const settingsGaps = createRoute({
  getParentRoute: () => settings,
  path: "/knowledge/gaps",
  component: lazyRouteComponent(() => import("./settings/knowledge/GapsPage"), "GapsPage"),
});

const settingsAhead = createRoute({
  getParentRoute: () => settings,
  path: "/knowledge/ahead",
  component: lazyRouteComponent(() => import("./settings/knowledge/AheadPage"), "AheadPage"),
});

const settingsSynonyms = createRoute({
  getParentRoute: () => settings,
  path: "/knowledge/synonyms",
  component: lazyRouteComponent(() => import("./settings/knowledge/SynonymsPage"), "SynonymsPage"),
});

const settingsArticle = createRoute({
  getParentRoute: () => settings,
  path: "/knowledge/$articleId",
  // A new article may begin with what customers asked.
  validateSearch: (search): Beginning => {
    if (typeof search.gap === "string" && search.gap !== "") return { gap: search.gap };
    if (typeof search.asked === "string" && search.asked !== "") return { asked: search.asked };
    return {};
  },
  component: lazyRouteComponent(() => import("./settings/knowledge/ArticlePage"), "ArticlePage"),
});

const settingsIntents = createRoute({
  getParentRoute: () => settings,
  path: "/intents",
  component: lazyRouteComponent(() => import("./settings/intents/IntentsPage"), "IntentsPage"),
});

const settingsIntent = createRoute({
  getParentRoute: () => settings,
  path: "/intents/$intentId",
  component: lazyRouteComponent(() => import("./settings/intents/IntentPage"), "IntentPage"),
});

const settingsLanguageModel = createRoute({
  getParentRoute: () => settings,
  path: "/language-model",
  component: lazyRouteComponent(
    () => import("./settings/language-model/LanguageModelPage"),
    "LanguageModelPage",
  ),
});

const settingsImport = createRoute({
  getParentRoute: () => settings,
  path: "/knowledge/import",
  component: lazyRouteComponent(() => import("./settings/knowledge/ImportPage"), "ImportPage"),
});

const settingsImportReview = createRoute({
  getParentRoute: () => settings,
  path: "/knowledge/import/$importId",
  component: lazyRouteComponent(() => import("./settings/knowledge/ImportReview"), "ImportReview"),
});

const settingsHelpCentre = createRoute({
  getParentRoute: () => settings,
  path: "/help-centre",
  component: lazyRouteComponent(() => import("./settings/help-centre/HelpCentrePage"), "HelpCentrePage"),
});

const settingsLabels = createRoute({
  getParentRoute: () => settings,
  path: "/labels",
  component: lazyRouteComponent(() => import("./settings/labels/LabelsPage"), "LabelsPage"),
});

const settingsPeople = createRoute({
  getParentRoute: () => settings,
  path: "/people",
  component: lazyRouteComponent(() => import("./settings/people/PeoplePage"), "PeoplePage"),
});

const settingsTeams = createRoute({
  getParentRoute: () => settings,
  path: "/teams",
  component: lazyRouteComponent(() => import("./settings/teams/TeamsPage"), "TeamsPage"),
});

const settingsRoles = createRoute({
  getParentRoute: () => settings,
  path: "/roles",
  component: lazyRouteComponent(() => import("./settings/roles/RolesPage"), "RolesPage"),
});

const settingsAudit = createRoute({
  getParentRoute: () => settings,
  path: "/audit",
  component: lazyRouteComponent(() => import("./settings/audit/AuditPage"), "AuditPage"),
});

const settingsOperation = createRoute({
  getParentRoute: () => settings,
  path: "/operation",
  component: lazyRouteComponent(() => import("./settings/operation/OperationPage"), "OperationPage"),
});

// Where bookmarks of the parked deliveries lead.
const settingsParked = createRoute({
  getParentRoute: () => settings,
  path: "/parked",
  beforeLoad: () => {
    throw redirect({ to: "/settings/operation" });
  },
});

const settingsEncryption = createRoute({
  getParentRoute: () => settings,
  path: "/encryption",
  component: lazyRouteComponent(() => import("./settings/encryption/EncryptionPage"), "EncryptionPage"),
});

const settingsPrivacy = createRoute({
  getParentRoute: () => settings,
  path: "/privacy",
  component: lazyRouteComponent(() => import("./settings/privacy/PrivacyPage"), "PrivacyPage"),
});

const settingsSignIn = createRoute({
  getParentRoute: () => settings,
  path: "/sign-in",
  component: lazyRouteComponent(() => import("./settings/sign-in/SignInSettingsPage"), "SignInSettingsPage"),
});

const settingsTokens = createRoute({
  getParentRoute: () => settings,
  path: "/tokens",
  component: lazyRouteComponent(() => import("./settings/tokens/TokensPage"), "TokensPage"),
});

const settingsProfile = createRoute({
  getParentRoute: () => settings,
  path: "/profile",
  component: lazyRouteComponent(() => import("./settings/profile/ProfilePage"), "ProfilePage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    setup,
    signIn,
    provider,
    welcome,
    desk.addChildren([
      home,
      inbox,
      search,
      settings.addChildren([
        settingsHome,
        settingsInboxes,
        settingsInbox,
        settingsBotTrial,
        settingsHours,
        settingsQuickReplies,
        settingsKnowledge,
        settingsIntents,
        settingsIntent,
        settingsLanguageModel,
        settingsGaps,
        settingsAhead,
        settingsSynonyms,
        settingsArticle,
        settingsImport,
        settingsImportReview,
        settingsHelpCentre,
        settingsLabels,
        settingsPeople,
        settingsTeams,
        settingsRoles,
        settingsAudit,
        settingsOperation,
        settingsParked,
        settingsEncryption,
        settingsPrivacy,
        settingsSignIn,
        settingsTokens,
        settingsProfile,
      ]),
    ]),
  ]),
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: Waiting,
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: NotFound,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
