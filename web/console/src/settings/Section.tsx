import type { ReactNode } from "react";
import operation from "./operation/operation.module.css";
import settings from "./settings.module.css";

interface Props {
  id: string;
  title: string;
  help?: string | undefined;
  action?: ReactNode;
  children: ReactNode;
}

/** One part of a page, with a heading of its own. */
export function Section({ id, title, help, action, children }: Props) {
  return (
    <section className={operation.section} aria-labelledby={id} data-testid={id}>
      <header className={operation.title}>
        <h2 id={id}>{title}</h2>
        {action}
      </header>
      {help !== undefined && <p className={settings.muted}>{help}</p>}
      {children}
    </section>
  );
}
