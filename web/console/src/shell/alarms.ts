import { useQuery } from "@tanstack/react-query";
import { alarmsQuery } from "../api/queries";
import { useMay } from "./permission";

/** How many alarms stand; 0 for those who may not see them. */
export function useAlarms(): number {
  const { data } = useQuery({ ...alarmsQuery, enabled: useMay("operate") });
  return data?.standing.length ?? 0;
}
