import { useSyncExternalStore } from "react";

export type ConnectionState =
  | { state: "connecting" }
  | { state: "online" }
  | { state: "waiting"; retryAt: number }
  | { state: "offline" };

type Listener = () => void;

/** A value that components can watch. */
export class Watched<T> {
  private listeners = new Set<Listener>();
  private value: T;

  constructor(value: T) {
    this.value = value;
  }

  get = () => this.value;

  set = (value: T) => {
    this.value = value;
    for (const listener of this.listeners) listener();
  };

  subscribe = (listener: Listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export function useWatched<T>(watched: Watched<T>): T {
  return useSyncExternalStore(watched.subscribe, watched.get);
}

export const connection = new Watched<ConnectionState>({ state: "connecting" });

/** Which other agents are writing, by conversation. */
export const typing = new Watched<Record<string, { agent: string; until: number }>>({});
