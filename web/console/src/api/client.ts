import createClient from "openapi-fetch";
import { ApiError, readError } from "./error";
import type { components, paths } from "./schema";
import type {
  ArticleChange,
  ArticleDraft,
  ArticleFilter,
  AuditFilter,
  BotSetting,
  BotTrialFilter,
  BotVerdict,
  BreachDraft,
  Callback,
  ConsentNote,
  Controller,
  ConversationFilter,
  EmbeddingModelDraft,
  Every,
  ExampleFilter,
  HelpCentre,
  Hours,
  ImportChoice,
  IntentDraft,
  LanguageModelDraft,
  Locale,
  MessageFilter,
  NewMessage,
  NewRole,
  PairDecision,
  Permission,
  ProviderDraft,
  RetentionDraft,
  Rewriting,
  Role,
  SensitiveRule,
  SignInPolicy,
  SourceDraft,
  SuggestionFate,
  Synonyms,
  Whole,
} from "./types";

type Schemas = components["schemas"];

const client = createClient<paths>({ credentials: "same-origin" });

let onUnauthorized: () => void = () => {};

/** Says what happens when the server no longer knows the session. */
export function whenUnauthorized(handler: () => void) {
  onUnauthorized = handler;
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Waits for an answer and gives its body; everything else is thrown as {@link ApiError}. */
async function body<T>(call: Promise<Answer<T>>): Promise<Whole<T>> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError("offline", "", 0);
  }
  if (!answer.response.ok) {
    const after = answer.response.headers.get("retry-after");
    const error = readError(answer.response.status, answer.error, after);
    // Asking whether one is signed in ends no session; a wrong password has a code of its own.
    const asks = /^\/api\/session(\/(second_step|passkey)(\/.*)?)?$/.test(
      new URL(answer.response.url).pathname,
    );
    if (error.code === "unauthorized" && !asks) onUnauthorized();
    throw error;
  }
  return answer.data as Whole<T>;
}

const of = (id: string) => ({ params: { path: { id } } });

/** One function for each operation the console uses. All throw {@link ApiError}. */
export const api = {
  setup: {
    needed: () => body(client.GET("/api/setup")),
    finish: (setup: {
      token: string;
      workspace_name: string;
      name: string;
      email: string;
      password: string;
      locale: Locale;
    }) => body(client.POST("/api/setup", { body: setup })),
  },
  session: {
    current: () => body(client.GET("/api/session")),
    /** Signs in, or tells by what the second step can be taken. */
    signIn: (credentials: { email: string; password: string }) =>
      body<Schemas["Me"] | Schemas["SecondStepNeeded"]>(client.POST("/api/session", { body: credentials })),
    secondStep: (step: { token: string; code?: string; recovery_code?: string }) =>
      body(client.POST("/api/session/second_step", { body: step })),
    enrol: (token: string) => body(client.POST("/api/session/second_step/enrol", { body: { token } })),
    beginPasskey: () => body(client.POST("/api/session/passkey/begin")),
    passkey: (signed: { token: string; credential: Record<string, never> }) =>
      body(client.POST("/api/session/passkey", { body: signed })),
    prove: (proof: {
      password?: string;
      code?: string;
      passkey?: { token: string; credential: Record<string, never> };
    }) => body(client.POST("/api/session/proof", { body: proof })),
    providers: () => body(client.GET("/api/session/providers")),
    /** Where the browser goes to sign in. */
    beginProvider: (provider: string) => body(client.POST("/api/session/providers/{id}", of(provider))),
    provider: (callback: Callback) =>
      body<Schemas["Me"] | Schemas["SecondStepNeeded"]>(
        client.POST("/api/session/provider", { body: callback }),
      ),
    signOut: () => body(client.DELETE("/api/session")),
    list: () => body(client.GET("/api/sessions")),
    signOutEverywhere: () => body(client.DELETE("/api/sessions")),
    revoke: (session: string) => body(client.DELETE("/api/sessions/{id}", of(session))),
  },
  me: {
    change: (change: { name?: string; locale?: Locale }) => body(client.PATCH("/api/me", { body: change })),
    password: (change: { current: string; new: string }) =>
      body(client.POST("/api/me/password", { body: change })),
    factors: () => body(client.GET("/api/me/factors")),
    beginCodes: () => body(client.POST("/api/me/codes")),
    confirmCodes: (code: string) => body(client.POST("/api/me/codes/confirm", { body: { code } })),
    removeCodes: () => body(client.DELETE("/api/me/codes")),
    recoveryCodes: () => body(client.POST("/api/me/recovery_codes")),
    passkeys: () => body(client.GET("/api/me/passkeys")),
    beginPasskey: () => body(client.POST("/api/me/passkeys/begin")),
    addPasskey: (made: { token: string; name: string; credential: Record<string, never> }) =>
      body(client.POST("/api/me/passkeys", { body: made })),
    renamePasskey: (passkey: string, name: string) =>
      body(client.PATCH("/api/me/passkeys/{id}", { ...of(passkey), body: { name } })),
    removePasskey: (passkey: string) => body(client.DELETE("/api/me/passkeys/{id}", of(passkey))),
    providers: () => body(client.GET("/api/me/providers")),
    linkProvider: (provider: string) => body(client.POST("/api/me/providers/{id}", of(provider))),
    unlinkProvider: (provider: string) => body(client.DELETE("/api/me/providers/{id}", of(provider))),
    proveByProvider: (provider: string) => body(client.POST("/api/me/providers/{id}/proof", of(provider))),
    /** Ends what was begun with {@link linkProvider} or {@link proveByProvider}. */
    provider: (callback: Callback) => body(client.POST("/api/me/provider", { body: callback })),
  },
  signIn: {
    policy: () => body(client.GET("/api/sign_in")),
    change: (policy: SignInPolicy) => body(client.PUT("/api/sign_in", { body: policy })),
  },
  providers: {
    list: () => body(client.GET("/api/providers")),
    create: (provider: ProviderDraft) => body(client.POST("/api/providers", { body: provider })),
    change: (provider: string, all: ProviderDraft) =>
      body(client.PUT("/api/providers/{id}", { ...of(provider), body: all })),
    remove: (provider: string) => body(client.DELETE("/api/providers/{id}", of(provider))),
    test: (provider: string) => body(client.POST("/api/providers/{id}/test", of(provider))),
  },
  links: {
    look: (token: string) => body(client.POST("/api/links/look", { body: { token } })),
    use: (chosen: { token: string; password: string }) =>
      body(client.POST("/api/links/use", { body: chosen })),
  },
  tokens: {
    list: () => body(client.GET("/api/tokens")),
    create: (token: {
      name: string;
      permissions: Permission[];
      networks: string[];
      expires_at: number | null;
    }) => body(client.POST("/api/tokens", { body: token })),
    revoke: (token: string) => body(client.DELETE("/api/tokens/{id}", of(token))),
  },
  agents: {
    list: () => body(client.GET("/api/agents")),
    create: (agent: { name: string; email: string; role: Role; locale: Locale }) =>
      body(client.POST("/api/agents", { body: agent })),
    change: (agent: string, change: { name?: string; role?: Role; disabled?: boolean }) =>
      body(client.PATCH("/api/agents/{id}", { ...of(agent), body: change })),
    link: (agent: string) => body(client.POST("/api/agents/{id}/link", of(agent))),
    resetFactors: (agent: string) => body(client.DELETE("/api/agents/{id}/factors", of(agent))),
    endSessions: (agent: string) => body(client.DELETE("/api/agents/{id}/sessions", of(agent))),
    view: (agent: string) => body(client.POST("/api/agents/{id}/view", of(agent))),
    endView: () => body(client.DELETE("/api/session/view")),
  },
  roles: {
    list: () => body(client.GET("/api/roles")),
    create: (role: NewRole) => body(client.POST("/api/roles", { body: role })),
    change: (role: string, all: NewRole) => body(client.PUT("/api/roles/{id}", { ...of(role), body: all })),
    remove: (role: string) => body(client.DELETE("/api/roles/{id}", of(role))),
  },
  teams: {
    list: () => body(client.GET("/api/teams")),
    create: (team: { name: string; member_ids: string[]; inbox_ids: string[] }) =>
      body(client.POST("/api/teams", { body: team })),
    change: (team: string, change: { name?: string; member_ids?: string[]; inbox_ids?: string[] }) =>
      body(client.PATCH("/api/teams/{id}", { ...of(team), body: change })),
    remove: (team: string) => body(client.DELETE("/api/teams/{id}", of(team))),
  },
  audit: {
    page: (filter: AuditFilter, cursor: string | undefined) =>
      body(client.GET("/api/audit", { params: { query: given({ ...filter, cursor, limit: 50 }) } })),
    verify: () => body(client.GET("/api/audit/verification")),
    /** Where the browser takes the entries out as a file. */
    exportAddress: (filter: AuditFilter) => {
      const query = Object.entries(given({ ...filter })).map(([key, value]) => [key, String(value)]);
      return `/api/audit/export?${new URLSearchParams(query)}`;
    },
  },
  /** Those of the workspace. */
  hours: {
    get: () => body(client.GET("/api/hours")),
    set: (hours: Hours) => body(client.PUT("/api/hours", { body: hours })),
    remove: () => body(client.DELETE("/api/hours")),
  },
  channels: () => body(client.GET("/api/channels")),
  inboxes: {
    list: () => body(client.GET("/api/inboxes")),
    create: (inbox: { kind: "whatsapp"; name: string; config: Record<string, string> }) =>
      body(client.POST("/api/inboxes", { body: inbox })),
    change: (inbox: string, change: { name?: string; config?: Record<string, string> }) =>
      body(client.PATCH("/api/inboxes/{id}", { ...of(inbox), body: change })),
    remove: (inbox: string) => body(client.DELETE("/api/inboxes/{id}", of(inbox))),
    check: (inbox: string) => body(client.POST("/api/inboxes/{id}/check", of(inbox))),
    bot: (inbox: string) => body(client.GET("/api/inboxes/{id}/bot", of(inbox))),
    setBot: (inbox: string, setting: BotSetting) =>
      body(client.PUT("/api/inboxes/{id}/bot", { ...of(inbox), body: setting })),
    hours: (inbox: string) => body(client.GET("/api/inboxes/{id}/hours", of(inbox))),
    setHours: (inbox: string, hours: Hours) =>
      body(client.PUT("/api/inboxes/{id}/hours", { ...of(inbox), body: hours })),
    removeHours: (inbox: string) => body(client.DELETE("/api/inboxes/{id}/hours", of(inbox))),
    replayBot: (inbox: string, conversations: number) =>
      body(client.POST("/api/inboxes/{id}/bot/replay", { ...of(inbox), body: { conversations } })),
    botReport: (inbox: string, source: BotTrialFilter["source"]) =>
      body(
        client.GET("/api/inboxes/{id}/bot/report", { params: { path: { id: inbox }, query: { source } } }),
      ),
    botTrials: (inbox: string, filter: BotTrialFilter, cursor: string | undefined) =>
      body(
        client.GET("/api/inboxes/{id}/bot/trials", {
          params: {
            path: { id: inbox },
            query: { ...given({ ...filter, cursor }), source: filter.source, limit: 20 },
          },
        }),
      ),
    judgeBot: (trial: string, verdict: BotVerdict | null) =>
      body(client.PUT("/api/bot_trials/{id}/verdict", { ...of(trial), body: { verdict } })),
  },
  conversations: {
    answers: (conversation: string) => body(client.GET("/api/conversations/{id}/answers", of(conversation))),
    list: (filter: ConversationFilter, cursor: string | undefined, signal?: AbortSignal) =>
      body(
        client.GET("/api/conversations", {
          params: { query: given({ ...filter, cursor, limit: 50 }) },
          signal: signal ?? null,
        }),
      ),
    counts: () => body(client.GET("/api/conversations/counts")),
    one: (conversation: string) => body(client.GET("/api/conversations/{id}", of(conversation))),
    assign: (conversation: string, agent_id: string | null, team_id?: string | null) =>
      body(
        client.POST("/api/conversations/{id}/assign", {
          ...of(conversation),
          body: team_id === undefined ? { agent_id } : { agent_id, team_id },
        }),
      ),
    handBack: (conversation: string) =>
      body(client.POST("/api/conversations/{id}/hand_back", of(conversation))),
    suggestions: (conversation: string, signal?: AbortSignal) =>
      body(
        client.GET("/api/conversations/{id}/suggestions", { ...of(conversation), signal: signal ?? null }),
      ),
    similar: (conversation: string) => body(client.GET("/api/conversations/{id}/similar", of(conversation))),
    summary: (conversation: string) => body(client.GET("/api/conversations/{id}/summary", of(conversation))),
    resolve: (conversation: string) => body(client.POST("/api/conversations/{id}/resolve", of(conversation))),
    reopen: (conversation: string) => body(client.POST("/api/conversations/{id}/reopen", of(conversation))),
    snooze: (conversation: string, until: number) =>
      body(client.POST("/api/conversations/{id}/snooze", { ...of(conversation), body: { until } })),
    read: (conversation: string) => body(client.POST("/api/conversations/{id}/read", of(conversation))),
    typing: (conversation: string) => body(client.POST("/api/conversations/{id}/typing", of(conversation))),
    /** Has a text put otherwise that is being written there. */
    rewrite: (conversation: string, text: string, how: Rewriting, signal: AbortSignal) =>
      body(
        client.POST("/api/conversations/{id}/rewrite", {
          ...of(conversation),
          body: { text, ...how },
          signal,
        }),
      ),
    labels: (conversation: string, label_ids: string[]) =>
      body(client.PUT("/api/conversations/{id}/labels", { ...of(conversation), body: { label_ids } })),
  },
  messages: {
    page: (
      conversation: string,
      where: { before?: string; after?: string; around?: string },
      signal?: AbortSignal,
    ) =>
      body(
        client.GET("/api/conversations/{id}/messages", {
          params: { path: { id: conversation }, query: { ...where, limit: 50 } },
          signal: signal ?? null,
        }),
      ),
    search: (filter: MessageFilter, cursor: string | undefined, signal?: AbortSignal) =>
      body(
        client.GET("/api/search", {
          params: { query: given({ ...filter, cursor, limit: 20 }) },
          signal: signal ?? null,
        }),
      ),
    send: (conversation: string, message: NewMessage) =>
      body(client.POST("/api/conversations/{id}/messages", { ...of(conversation), body: message })),
    note: (conversation: string, note: { client_id: string; text: string }) =>
      body(client.POST("/api/conversations/{id}/notes", { ...of(conversation), body: note })),
    react: (message: string, emoji: string) =>
      body(client.PUT("/api/messages/{id}/reaction", { ...of(message), body: { emoji } })),
    verdict: (message: string, right: boolean | null) =>
      body(client.PUT("/api/messages/{id}/verdict", { ...of(message), body: { right } })),
    suggestion: (message: string, fate: SuggestionFate) =>
      body(client.PUT("/api/messages/{id}/suggestion", { ...of(message), body: fate })),
    retry: (message: string, confirm: boolean) =>
      body(client.POST("/api/messages/{id}/retry", { ...of(message), body: { confirm } })),
    translate: (message: string, to: string, signal: AbortSignal) =>
      body(client.POST("/api/messages/{id}/translate", { ...of(message), body: { to }, signal })),
    reveal: (message: string, reason: string) =>
      body(client.POST("/api/messages/{id}/reveal", { ...of(message), body: { reason } })),
  },
  upload: (file: Blob, name: string) => body(client.POST("/api/uploads", form(file, name))),
  contacts: {
    one: (contact: string) => body(client.GET("/api/contacts/{id}", of(contact))),
    rename: (contact: string, name: string) =>
      body(client.PATCH("/api/contacts/{id}", { ...of(contact), body: { name } })),
    block: (contact: string) => body(client.POST("/api/contacts/{id}/block", of(contact))),
    unblock: (contact: string) => body(client.POST("/api/contacts/{id}/unblock", of(contact))),
    consents: (contact: string) => body(client.GET("/api/contacts/{id}/consents", of(contact))),
    consent: (contact: string, note: ConsentNote) =>
      body(client.POST("/api/contacts/{id}/consents", { ...of(contact), body: note })),
    erase: (contact: string, reason: string) =>
      body(client.POST("/api/contacts/{id}/erase", { ...of(contact), body: { reason } })),
    hold: (contact: string, reason: string) =>
      body(client.POST("/api/contacts/{id}/hold", { ...of(contact), body: { reason } })),
  },
  privacy: {
    sensitive: () => body(client.GET("/api/sensitive")),
    decide: (rules: SensitiveRule[]) => body(client.PUT("/api/sensitive", { body: { rules } })),
    retention: () => body(client.GET("/api/retention")),
    addRule: (rule: RetentionDraft) => body(client.POST("/api/retention", { body: rule })),
    removeRule: (rule: string) => body(client.DELETE("/api/retention/{id}", of(rule))),
    preview: () => body(client.GET("/api/retention/preview")),
    runs: () => body(client.GET("/api/retention/runs")),
    notices: () => body(client.GET("/api/notices")),
    writeNotice: (notice: { inbox_id: string; language: string; text: string }) =>
      body(client.PUT("/api/notices", { body: notice })),
    breaches: () => body(client.GET("/api/breaches", { params: { query: { limit: 100 } } })),
    addBreach: (breach: BreachDraft) => body(client.POST("/api/breaches", { body: breach })),
    changeBreach: (id: string, breach: BreachDraft) =>
      body(client.PUT("/api/breaches/{id}", { ...of(id), body: breach })),
    holds: () => body(client.GET("/api/holds", { params: { query: { limit: 100 } } })),
    lift: (hold: string) => body(client.POST("/api/holds/{id}/lift", of(hold))),
    receipts: () => body(client.GET("/api/erasures", { params: { query: { limit: 50 } } })),
    chains: () => body(client.GET("/api/privacy/chains")),
    processing: () => body(client.GET("/api/processing")),
    setController: (controller: Controller) =>
      body(client.PUT("/api/processing/controller", { body: controller })),
  },
  labels: {
    list: () => body(client.GET("/api/labels")),
    create: (label: { name: string; color: string }) => body(client.POST("/api/labels", { body: label })),
    change: (label: string, change: { name?: string; color?: string }) =>
      body(client.PATCH("/api/labels/{id}", { ...of(label), body: change })),
    remove: (label: string) => body(client.DELETE("/api/labels/{id}", of(label))),
  },
  quickReplies: {
    list: () => body(client.GET("/api/quick_replies")),
    create: (reply: { shortcut: string; body: string }) =>
      body(client.POST("/api/quick_replies", { body: reply })),
    change: (reply: string, change: { shortcut?: string; body?: string }) =>
      body(client.PATCH("/api/quick_replies/{id}", { ...of(reply), body: change })),
    remove: (reply: string) => body(client.DELETE("/api/quick_replies/{id}", of(reply))),
  },
  articles: {
    page: (filter: ArticleFilter, cursor: string | undefined) =>
      body(client.GET("/api/articles", { params: { query: given({ ...filter, cursor, limit: 50 }) } })),
    one: (article: string) => body(client.GET("/api/articles/{id}", of(article))),
    create: (article: ArticleDraft) => body(client.POST("/api/articles", { body: article })),
    change: (article: string, change: ArticleChange) =>
      body(client.PATCH("/api/articles/{id}", { ...of(article), body: change })),
    publish: (article: string) => body(client.POST("/api/articles/{id}/publish", of(article))),
    archive: (article: string) => body(client.POST("/api/articles/{id}/archive", of(article))),
    remove: (article: string) => body(client.DELETE("/api/articles/{id}", of(article))),
    versions: (article: string) => body(client.GET("/api/articles/{id}/versions", of(article))),
    restore: (article: string, version: number) =>
      body(client.POST("/api/articles/{id}/restore", { ...of(article), body: { version } })),
    ask: (q: string, signal?: AbortSignal) =>
      body(client.GET("/api/knowledge", { params: { query: { q, limit: 8 } }, signal: signal ?? null })),
  },
  topics: {
    outlook: () => body(client.GET("/api/outlook")),
    surges: (cursor: string | undefined) =>
      body(client.GET("/api/surges", { params: { query: given({ cursor, limit: 10 }) } })),
    dismiss: (surge: string) => body(client.POST("/api/surges/{id}/dismiss", of(surge))),
    drift: () => body(client.GET("/api/drift")),
    acceptDrift: () => body(client.POST("/api/drift/accept")),
    article: (message: string) => body(client.GET("/api/asked/{id}/article", of(message))),
  },
  synonyms: {
    get: () => body(client.GET("/api/synonyms")),
    set: (synonyms: Synonyms) => body(client.PUT("/api/synonyms", { body: synonyms })),
  },
  judged: {
    page: (right: boolean, cursor: string | undefined) =>
      body(client.GET("/api/judged", { params: { query: { right, ...given({ cursor, limit: 20 }) } } })),
    decide: (decision: PairDecision) => body(client.POST("/api/judged/decide", { body: decision })),
  },
  unanswered: {
    page: (cursor: string | undefined) =>
      body(client.GET("/api/unanswered", { params: { query: given({ cursor, limit: 20 }) } })),
    article: (topic: string) => body(client.GET("/api/unanswered/{id}/article", of(topic))),
    dismiss: (topic: string) => body(client.POST("/api/unanswered/{id}/dismiss", of(topic))),
    stale: (cursor: string | undefined) =>
      body(client.GET("/api/stale_articles", { params: { query: given({ cursor, limit: 20 }) } })),
  },
  imports: {
    handIn: (file: File) => body(client.POST("/api/imports", form(file, file.name))),
    one: (id: string) => body(client.GET("/api/imports/{id}", of(id))),
    items: (id: string, cursor: string | undefined) =>
      body(
        client.GET("/api/imports/{id}/items", {
          params: { path: { id }, query: given({ cursor, limit: 50 }) },
        }),
      ),
    choose: (id: string, choice: ImportChoice) =>
      body(client.PUT("/api/imports/{id}", { ...of(id), body: choice })),
    apply: (id: string) => body(client.POST("/api/imports/{id}/apply", of(id))),
    discard: (id: string) => body(client.DELETE("/api/imports/{id}", of(id))),
  },
  sources: {
    page: (cursor: string | undefined) =>
      body(client.GET("/api/knowledge_sources", { params: { query: given({ cursor, limit: 50 }) } })),
    one: (source: string) => body(client.GET("/api/knowledge_sources/{id}", of(source))),
    create: (source: SourceDraft) => body(client.POST("/api/knowledge_sources", { body: source })),
    fetch: (source: string) => body(client.POST("/api/knowledge_sources/{id}/fetch", of(source))),
    schedule: (source: string, every: Every) =>
      body(client.PATCH("/api/knowledge_sources/{id}", { ...of(source), body: { every } })),
    remove: (source: string) => body(client.DELETE("/api/knowledge_sources/{id}", of(source))),
  },
  categories: {
    list: () => body(client.GET("/api/categories")),
    create: (name: string) => body(client.POST("/api/categories", { body: { name } })),
  },
  intents: {
    list: () => body(client.GET("/api/intents")),
    create: (intent: IntentDraft) => body(client.POST("/api/intents", { body: intent })),
    change: (intent: string, change: Partial<IntentDraft>) =>
      body(client.PATCH("/api/intents/{id}", { ...of(intent), body: change })),
    remove: (intent: string) => body(client.DELETE("/api/intents/{id}", of(intent))),
    understand: (text: string, signal?: AbortSignal) =>
      body(client.POST("/api/understand", { body: { text }, signal: signal ?? null })),
    ofMessages: (conversation: string) =>
      body(client.GET("/api/conversations/{id}/understood", of(conversation))),
    correct: (message: string, intent_id: string | null) =>
      body(client.PUT("/api/messages/{id}/intent", { ...of(message), body: { intent_id } })),
  },
  examples: {
    page: (filter: ExampleFilter, cursor: string | undefined) =>
      body(client.GET("/api/examples", { params: { query: given({ ...filter, cursor, limit: 50 }) } })),
    write: (intent: string, texts: string[]) =>
      body(client.POST("/api/intents/{id}/examples", { ...of(intent), body: { texts } })),
    remove: (example: string) => body(client.DELETE("/api/examples/{id}", of(example))),
    decide: (examples: string[], accept: boolean) =>
      body(client.POST("/api/examples/decide", { body: { examples, accept } })),
  },
  learning: {
    policy: () => body(client.GET("/api/learning")),
    setPolicy: (automatic: boolean) => body(client.PUT("/api/learning", { body: { automatic } })),
    versions: () => body(client.GET("/api/learning/versions", { params: { query: { limit: 30 } } })),
    use: (version: number) => body(client.POST("/api/learning/use", { body: { version } })),
    changes: (before: number, after: number) =>
      body(client.GET("/api/learning/changes", { params: { query: { before, after } } })),
  },
  embeddingModel: {
    get: () => body(client.GET("/api/embedding_model")),
    set: (model: EmbeddingModelDraft) => body(client.PUT("/api/embedding_model", { body: model })),
    remove: () => body(client.DELETE("/api/embedding_model")),
    test: () => body(client.POST("/api/embedding_model/test")),
  },
  languageModel: {
    get: () => body(client.GET("/api/language_model")),
    set: (model: LanguageModelDraft) => body(client.PUT("/api/language_model", { body: model })),
    remove: () => body(client.DELETE("/api/language_model")),
    test: () => body(client.POST("/api/language_model/test")),
    assistance: () => body(client.GET("/api/language_model/assistance")),
  },
  helpCentre: {
    get: () => body(client.GET("/api/help_centre")),
    set: (centre: HelpCentre) => body(client.PUT("/api/help_centre", { body: centre })),
  },
  parked: {
    page: (cursor: string | undefined) =>
      body(client.GET("/api/parked", { params: { query: given({ cursor, limit: 50 }) } })),
    one: (item: string) => body(client.GET("/api/parked/{id}", of(item))),
    replay: (item: string) => body(client.POST("/api/parked/{id}/replay", of(item))),
    replayAll: () => body(client.POST("/api/parked/replay")),
  },
  gaps: {
    page: (cursor: string | undefined) =>
      body(client.GET("/api/gaps", { params: { query: given({ cursor, limit: 50 }) } })),
    one: (gap: string) => body(client.GET("/api/gaps/{id}", of(gap))),
    replay: (gap: string) => body(client.POST("/api/gaps/{id}/replay", of(gap))),
    close: (gap: string) => body(client.DELETE("/api/gaps/{id}", of(gap))),
  },
  operation: () => body(client.GET("/api/operation")),
  alarms: () => body(client.GET("/api/alarms")),
};

type Given<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** A file as the one field of a form. */
function form(file: Blob, name: string) {
  const data = new FormData();
  data.append("file", file, name);
  // The document describes the form's fields; the browser writes the form itself.
  return { body: data as never, bodySerializer: () => data };
}

/** Leaves out what has no value. */
function given<T extends Record<string, unknown>>(query: T): Partial<Given<T>> {
  return Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== undefined && value !== ""),
  ) as Partial<Given<T>>;
}
