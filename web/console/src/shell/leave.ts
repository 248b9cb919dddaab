import { api } from "../api/client";
import { queryClient, sessionQuery } from "../api/queries";
import { forgetDrafts } from "../composer/draft";
import { forgetKept } from "../composer/kept";
import { closeOutbox } from "../composer/outbox";
import { router } from "../router";

/** Ends the session here or everywhere and takes everything of it out of this browser. */
export async function leave(everywhere: boolean) {
  if (everywhere) await api.session.signOutEverywhere();
  else await api.session.signOut();
  forgetDrafts();
  closeOutbox();
  forgetKept();
  await toSignIn();
}

/** To the sign-in page; `next` brings the agent back to where the session ended. */
export async function toSignIn(next?: string) {
  queryClient.clear();
  queryClient.setQueryData(sessionQuery.queryKey, null);
  await router.navigate({ to: "/sign-in", search: next ? { next } : {}, replace: true });
}
