import type { UnansweredQuestion } from "../../api/types";
import { MessageLink } from "../../shell/MessageLink";
import gaps from "./gaps.module.css";

/** A question with the way to where it was asked. */
export function Example({ example }: { example: UnansweredQuestion }) {
  return (
    <MessageLink className={gaps.example} conversation={example.conversation_id} message={example.message_id}>
      {example.text}
    </MessageLink>
  );
}

/** Several, each on a line of its own. */
export function Examples({ examples }: { examples: UnansweredQuestion[] }) {
  return examples.map((example) => (
    <small key={example.message_id} dir="auto">
      <Example example={example} />
    </small>
  ));
}
