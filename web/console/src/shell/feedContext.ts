import { createContext, useContext } from "react";
import type { Feed } from "../feed/feed";

export const FeedContext = createContext<Feed | null>(null);

export function useFeed(): Feed | null {
  return useContext(FeedContext);
}
