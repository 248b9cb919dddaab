import { useMutation } from "@tanstack/react-query";
import { api } from "../api/client";
import { queryClient } from "../api/queries";
import type { Conversation } from "../api/types";
import { putConversation } from "../feed/apply";
import { failed } from "../shell/toast";

export type Action =
  | { act: "assign"; agent: string | null }
  | { act: "team"; agent: string | null; team: string | null }
  | { act: "hand_back" }
  | { act: "resolve" }
  | { act: "reopen" }
  | { act: "snooze"; until: number }
  | { act: "labels"; labels: string[] };

function run(id: string, action: Action): Promise<Conversation> {
  switch (action.act) {
    case "assign":
      return api.conversations.assign(id, action.agent);
    case "team":
      return api.conversations.assign(id, action.agent, action.team);
    case "hand_back":
      return api.conversations.handBack(id);
    case "resolve":
      return api.conversations.resolve(id);
    case "reopen":
      return api.conversations.reopen(id);
    case "snooze":
      return api.conversations.snooze(id, action.until);
    case "labels":
      return api.conversations.labels(id, action.labels);
  }
}

/** What can be done with a conversation; its answer is shown everywhere at once. */
export function useAction(id: string) {
  const { mutate, isPending } = useMutation({
    mutationFn: (action: Action) => run(id, action),
    onSuccess: (changed) => putConversation(queryClient, changed),
    onError: failed,
  });
  return { run: mutate, busy: isPending };
}
