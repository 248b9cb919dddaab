import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "../api/queries";
import type { Me, Permission } from "../api/types";

/** The signed-in agent; only below the desk's route, where a session is certain. */
export function useMe(): Me {
  const { data } = useQuery({ ...sessionQuery, enabled: false });
  return data ?? nobody;
}

// Between signing out and leaving the page a component may draw once more.
const nobody: Me = {
  agent: { id: "", name: "", email: "", role: "agent", locale: "en", disabled: false, created_at: 0 },
  workspace: { id: "", name: "" },
  permissions: [],
  seq: 0,
  scope: "own",
  masks: [],
  viewer: null,
};

/** Hides what the server would refuse anyway; the server alone decides. */
export function useMay(permission: Permission): boolean {
  return useMe().permissions.includes(permission);
}
