import { useNavigate } from "@tanstack/react-router";
import { api } from "../api/client";
import { ApiError } from "../api/error";
import { queryClient, sessionQuery } from "../api/queries";
import type { Me } from "../api/types";
import { showPasskey } from "./passkey";

/** Whether the server says that a password, a code or a passkey is not the right one. */
export function isWrong(error: unknown): boolean {
  return error instanceof ApiError && error.code === "bad_credentials";
}

/** What happens when somebody has got in, who then goes on to `next`, and the way in by a passkey. */
export function useEntry(next: string) {
  const navigate = useNavigate();

  async function enter(me: Me) {
    // Whatever was cached is somebody else's.
    queryClient.clear();
    queryClient.setQueryData(sessionQuery.queryKey, me);
    await navigate({ href: next, replace: true });
  }

  async function enterByPasskey() {
    const request = await api.session.beginPasskey();
    const credential = await showPasskey(request);
    if (credential) await enter(await api.session.passkey({ token: request.token, credential }));
  }

  return { enter, enterByPasskey };
}
