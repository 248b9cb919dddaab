import { infiniteQueryOptions, QueryClient, queryOptions } from "@tanstack/react-query";
import { fresh } from "../feed/journal";
import { type Pages, reducePages, reduceStretch, stretch } from "../feed/reduce";
import { api } from "./client";
import { ApiError, retryDelay } from "./error";
import type {
  ArticleFilter,
  AuditFilter,
  BotTrialFilter,
  Conversation,
  ConversationFilter,
  ExampleFilter,
  Import,
  Me,
  Message,
  MessageFilter,
} from "./types";

/**
 * The one cache of server state. The event stream keeps it true, so nothing grows stale by itself:
 * only a reset of the stream reads everything anew.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 3 && error instanceof ApiError && error.passing,
      retryDelay,
    },
  },
});

/** How a list is walked whose pages name where the next one begins. */
const byCursor = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor ?? undefined,
};

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Me | null> => {
    try {
      return await api.session.current();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
});

/** Who is signed in, as far as this tab knows. */
export function me(): Me | null {
  return queryClient.getQueryData(sessionQuery.queryKey) ?? null;
}

export const setupQuery = queryOptions({ queryKey: ["setup"], queryFn: api.setup.needed });

export function conversationsQuery(filter: ConversationFilter) {
  return infiniteQueryOptions({
    queryKey: ["conversations", filter],
    queryFn: ({ pageParam, signal }) =>
      fresh(
        () => api.conversations.list(filter, pageParam, signal),
        (page, event) => {
          const one: Pages<Conversation> = { pages: [page], pageParams: [] };
          return reducePages(one, filter, me()?.agent.id ?? "", event).pages[0] ?? page;
        },
      ),
    ...byCursor,
  });
}

export const countsQuery = queryOptions({ queryKey: ["counts"], queryFn: api.conversations.counts });

export function conversationQuery(id: string) {
  return queryOptions({
    queryKey: ["conversation", id],
    queryFn: () =>
      fresh(
        () => api.conversations.one(id),
        (old, event) => (event.conversation?.id === id ? event.conversation : old),
      ),
  });
}

export function threadQuery(id: string) {
  return queryOptions({
    queryKey: ["thread", id],
    queryFn: ({ signal }) =>
      fresh(
        async () => stretch(await api.messages.page(id, {}, signal)),
        (old, event) => reduceStretch(old, id, event),
      ),
  });
}

/** Results are not kept true by the event stream, so they are asked for each time. */
export function messageSearchQuery(filter: MessageFilter) {
  return infiniteQueryOptions({
    queryKey: ["search", filter],
    queryFn: ({ pageParam, signal }) => api.messages.search(filter, pageParam, signal),
    ...byCursor,
    staleTime: 0,
    gcTime: 60_000,
  });
}

/** What helps with a conversation as it is up to its newest message. */
export function suggestionsQuery(id: string, newest: string) {
  return queryOptions({
    queryKey: ["suggestions", id, newest],
    queryFn: ({ signal }) => api.conversations.suggestions(id, signal),
    gcTime: 60_000,
  });
}

export function summaryQuery(id: string, newest: string) {
  return queryOptions({
    queryKey: ["summary", id, newest],
    queryFn: () => api.conversations.summary(id),
    gcTime: 60_000,
  });
}

export function similarQuery(id: string, newest: string) {
  return queryOptions({
    queryKey: ["similar", id, newest],
    queryFn: () => api.conversations.similar(id),
    gcTime: 60_000,
  });
}

export function contactQuery(id: string) {
  return queryOptions({ queryKey: ["contact", id], queryFn: () => api.contacts.one(id) });
}

export function botQuery(inbox: string) {
  return queryOptions({ queryKey: ["bot", inbox], queryFn: () => api.inboxes.bot(inbox), staleTime: 30_000 });
}

/** The hours of an inbox, or those of the workspace. */
export function hoursQuery(inbox: string | null) {
  return queryOptions({
    queryKey: ["hours", inbox],
    queryFn: () => (inbox ? api.inboxes.hours(inbox) : api.hours.get()),
    staleTime: 30_000,
  });
}

/** While past conversations are tried, the report is asked for again. */
export function botReportQuery(inbox: string, source: BotTrialFilter["source"]) {
  return queryOptions({
    queryKey: ["bot", inbox, "report", source],
    queryFn: () => api.inboxes.botReport(inbox, source),
    staleTime: 0,
    refetchInterval: (query) => {
      const replay = query.state.data?.replay;
      return replay && replay.done_at === null ? 1000 : false;
    },
  });
}

/** Of the trial that ended at a moment; of one that goes on, and of those of the day, there is none. */
export function botTrialsQuery(inbox: string, filter: BotTrialFilter, ended: number | null) {
  return infiniteQueryOptions({
    queryKey: ["bot", inbox, "trials", filter, ended],
    queryFn: ({ pageParam }) => api.inboxes.botTrials(inbox, filter, pageParam),
    ...byCursor,
    staleTime: 0,
  });
}

export const labelsQuery = queryOptions({ queryKey: ["labels"], queryFn: api.labels.list });
export const quickRepliesQuery = queryOptions({
  queryKey: ["quick_replies"],
  queryFn: api.quickReplies.list,
});
export function articlesQuery(filter: ArticleFilter) {
  return infiniteQueryOptions({
    queryKey: ["articles", filter],
    queryFn: ({ pageParam }) => api.articles.page(filter, pageParam),
    ...byCursor,
  });
}

export function articleQuery(id: string) {
  return queryOptions({ queryKey: ["article", id], queryFn: () => api.articles.one(id) });
}

/** What the knowledge says; asked for each time, as every published word changes it. */
export function knowledgeQuery(q: string) {
  return queryOptions({
    queryKey: ["knowledge", q],
    queryFn: ({ signal }) => api.articles.ask(q, signal),
    staleTime: 0,
    gcTime: 60_000,
  });
}

export const intentsQuery = queryOptions({ queryKey: ["intents"], queryFn: api.intents.list });
export const learningQuery = queryOptions({ queryKey: ["learning"], queryFn: api.learning.policy });
export const versionsQuery = queryOptions({
  queryKey: ["intents", "versions"],
  queryFn: api.learning.versions,
});

export function examplesQuery(filter: ExampleFilter) {
  return infiniteQueryOptions({
    queryKey: ["intents", "examples", filter],
    queryFn: ({ pageParam }) => api.examples.page(filter, pageParam),
    ...byCursor,
  });
}

/** What the bot would understand; everything that it learns changes it, so it stands below the intents. */
export function understandQuery(text: string) {
  return queryOptions({
    queryKey: ["intents", "understand", text],
    queryFn: ({ signal }) => api.intents.understand(text, signal),
    staleTime: 0,
    gcTime: 60_000,
  });
}

/** What is understood of the customer's newest messages of a conversation. */
export function understoodQuery(conversation: string) {
  return queryOptions({
    queryKey: ["intents", "understood", conversation],
    queryFn: () => api.intents.ofMessages(conversation),
    gcTime: 60_000,
  });
}

/** The bot's answers in a conversation; each that comes asks for them anew, a moment after another did not. */
export function botAnswersQuery(conversation: string) {
  return queryOptions({
    queryKey: ["bot_answers", conversation],
    queryFn: () => api.conversations.answers(conversation),
    staleTime: 1_000,
    gcTime: 60_000,
  });
}

/** Questions with pieces of knowledge that were found right, or wrong; asked for each time, as every conversation may add. */
export function judgedQuery(right: boolean) {
  return infiniteQueryOptions({
    queryKey: ["judged", right],
    queryFn: ({ pageParam }) => api.judged.page(right, pageParam),
    ...byCursor,
    staleTime: 0,
  });
}

/** What the knowledge has no answer to; asked for each time, as every conversation may add to it. */
export const unansweredQuery = infiniteQueryOptions({
  queryKey: ["unanswered"],
  queryFn: ({ pageParam }) => api.unanswered.page(pageParam),
  ...byCursor,
  staleTime: 0,
});

/** What customers write about far more often than usual, and what is to come; asked for each time, as every message adds to it. */
export const surgesQuery = infiniteQueryOptions({
  queryKey: ["surges"],
  queryFn: ({ pageParam }) => api.topics.surges(pageParam),
  ...byCursor,
  staleTime: 0,
});
export const outlookQuery = queryOptions({
  queryKey: ["outlook"],
  queryFn: api.topics.outlook,
  staleTime: 0,
});
export const driftQuery = queryOptions({
  queryKey: ["drift"],
  queryFn: api.topics.drift,
  staleTime: 0,
});

export const synonymsQuery = queryOptions({ queryKey: ["synonyms"], queryFn: api.synonyms.get });

/** What an article begins with: a topic without an answer, or what was asked like a message. */
export interface Beginning {
  gap?: string;
  asked?: string;
}

export function beginningQuery({ gap, asked }: Beginning) {
  return queryOptions({
    queryKey: ["beginning", gap, asked],
    queryFn: () => (gap !== undefined ? api.unanswered.article(gap) : api.topics.article(asked ?? "")),
    gcTime: 60_000,
  });
}

export const staleArticlesQuery = infiniteQueryOptions({
  queryKey: ["stale_articles"],
  queryFn: ({ pageParam }) => api.unanswered.stale(pageParam),
  ...byCursor,
  staleTime: 0,
});

/** Whether something is being read or written this moment. */
export function underWay(one: Import): boolean {
  return one.state === "reading" || one.state === "applying";
}

/** What knowledge was taken from; asked for each time, as the clock begins imports too. */
export const sourcesQuery = infiniteQueryOptions({
  queryKey: ["sources"],
  queryFn: ({ pageParam }) => api.sources.page(pageParam),
  ...byCursor,
  staleTime: 0,
  refetchInterval: (query) => {
    const items = query.state.data?.pages.flatMap((page) => page.items) ?? [];
    return items.some(({ last }) => last && underWay(last)) ? 2_000 : false;
  },
});

/** How far an import is, with its source; asked for again while something is under way. */
export function importQuery(id: string) {
  return queryOptions({
    queryKey: ["import", id],
    queryFn: async () => {
      const one = await api.imports.one(id);
      return { one, source: await api.sources.one(one.source_id) };
    },
    staleTime: 0,
    gcTime: 60_000,
    refetchInterval: (query) => (query.state.data && underWay(query.state.data.one) ? 1_000 : false),
  });
}

export function importItemsQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: ["import_items", id],
    queryFn: ({ pageParam }) => api.imports.items(id, pageParam),
    ...byCursor,
    staleTime: 0,
    gcTime: 0,
  });
}

export const categoriesQuery = queryOptions({ queryKey: ["categories"], queryFn: api.categories.list });
export const helpCentreQuery = queryOptions({ queryKey: ["help_centre"], queryFn: api.helpCentre.get });

export const embeddingModelQuery = queryOptions({
  queryKey: ["embedding_model"],
  queryFn: api.embeddingModel.get,
  staleTime: 0,
});

export const languageModelQuery = queryOptions({
  queryKey: ["language_model"],
  queryFn: api.languageModel.get,
  staleTime: 0,
});

/** What a language model does for agents; no event tells when one is set up or taken away. */
export const assistanceQuery = queryOptions({
  queryKey: ["language_model", "assistance"],
  queryFn: api.languageModel.assistance,
  staleTime: 5 * 60_000,
});

/**
 * A message's words in a language; an edited message is another one. Each asking costs: what came is asked for again by
 * nothing, not even by a reset of the stream, and what failed only by hand.
 */
export function translationQuery(message: Message, to: string) {
  return queryOptions({
    queryKey: ["translation", message.id, message.edited_at, to],
    queryFn: ({ signal }) => api.messages.translate(message.id, to, signal),
    staleTime: "static",
    retry: false,
    retryOnMount: false,
  });
}

export const agentsQuery = queryOptions({ queryKey: ["agents"], queryFn: api.agents.list });
export const rolesQuery = queryOptions({ queryKey: ["roles"], queryFn: api.roles.list, staleTime: 0 });
export const teamsQuery = queryOptions({ queryKey: ["teams"], queryFn: api.teams.list });

/** The audit grows with everything that happens, so it is asked for each time. */
export function auditQuery(filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam }) => api.audit.page(filter, pageParam),
    ...byCursor,
    staleTime: 0,
    gcTime: 60_000,
  });
}

export const inboxesQuery = queryOptions({ queryKey: ["inboxes"], queryFn: api.inboxes.list });
export const channelsQuery = queryOptions({ queryKey: ["channels"], queryFn: api.channels });
export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: api.session.list,
  staleTime: 0,
});
export const parkedQuery = infiniteQueryOptions({
  queryKey: ["parked"],
  queryFn: ({ pageParam }) => api.parked.page(pageParam),
  ...byCursor,
  staleTime: 0,
});
export const gapsQuery = infiniteQueryOptions({
  queryKey: ["gaps"],
  queryFn: ({ pageParam }) => api.gaps.page(pageParam),
  ...byCursor,
  staleTime: 0,
});
export const operationQuery = queryOptions({
  queryKey: ["operation"],
  queryFn: api.operation,
  staleTime: 0,
});
export const alarmsQuery = queryOptions({ queryKey: ["alarms"], queryFn: api.alarms });
export const factorsQuery = queryOptions({ queryKey: ["factors"], queryFn: api.me.factors, staleTime: 0 });
export const passkeysQuery = queryOptions({ queryKey: ["passkeys"], queryFn: api.me.passkeys, staleTime: 0 });
export const choicesQuery = queryOptions({
  queryKey: ["choices"],
  queryFn: api.session.providers,
  staleTime: 0,
});
export const myProvidersQuery = queryOptions({
  queryKey: ["my_providers"],
  queryFn: api.me.providers,
  staleTime: 0,
});
export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: api.providers.list,
  staleTime: 0,
});
export const policyQuery = queryOptions({ queryKey: ["sign_in"], queryFn: api.signIn.policy, staleTime: 0 });
export const tokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: api.tokens.list, staleTime: 0 });
