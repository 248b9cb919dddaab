import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface Props {
  conversation: string;
  message: string;
  className?: string | undefined;
  onClick?: () => void;
  "data-testid"?: string;
  children: ReactNode;
}

/** The way to a message, in its conversation and among all of them. */
export function MessageLink({ conversation, message, ...rest }: Props) {
  return (
    <Link
      to="/inbox/$view/{-$conversationId}"
      params={{ view: "all", conversationId: conversation }}
      search={{ state: "all", message }}
      preload={false}
      {...rest}
    />
  );
}
