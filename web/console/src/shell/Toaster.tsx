import { lazy, Suspense, useCallback } from "react";
import { useWatched } from "../feed/connection";
import { waitingToasts } from "./toast";

const Notices = lazy(() => import("./Notices").then((m) => ({ default: m.Notices })));

/** Shows the toasts of {@link waitingToasts}. */
export function Toaster() {
  const queue = useWatched(waitingToasts);
  const shown = useCallback((count: number) => {
    waitingToasts.set({ used: true, queue: waitingToasts.get().queue.slice(count) });
  }, []);
  if (!queue.used) return null;
  return (
    <Suspense>
      <Notices queue={queue.queue} onShown={shown} />
    </Suspense>
  );
}
