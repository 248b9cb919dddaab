import { useQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { alarmsQuery, gapsQuery, operationQuery, parkedQuery, queryClient } from "../../api/queries";
import { useMay } from "../../shell/permission";
import { Page } from "../Page";
import { Alarms } from "./Alarms";
import { Gaps } from "./Gaps";
import { Parked } from "./Parked";
import { Waits } from "./Waits";
import { parkedIn } from "./waiting";

// What waits comes and goes without events; while somebody looks it is asked for.
const every = 5_000;

/** How the work stands: alarms, what waits where, and what needs a person's hand. */
export function OperationPage() {
  return useMay("operate") ? <Operation /> : <Navigate to="/settings" replace />;
}

function Operation() {
  const { t } = useTranslation();
  const { data: overview } = useQuery({ ...operationQuery, refetchInterval: every });
  const { data: alarms } = useQuery(alarmsQuery);
  const parked = overview && parkedIn(overview);
  const gaps = overview?.gaps;

  // The lists are read anew only when their length has changed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the count is what calls for it
  useEffect(() => void queryClient.invalidateQueries({ queryKey: parkedQuery.queryKey }), [parked]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the count is what calls for it
  useEffect(() => void queryClient.invalidateQueries({ queryKey: gapsQuery.queryKey }), [gaps]);

  return (
    <Page title={t("settings.operation")} help={t("operation.help")}>
      {alarms && overview && <Alarms alarms={alarms} overview={overview} />}
      {overview && <Waits overview={overview} />}
      <Parked />
      <Gaps />
    </Page>
  );
}
