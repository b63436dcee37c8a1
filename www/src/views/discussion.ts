/** Messages or comments, with a field to write the next one in. */

import { composer, type Composer } from "./composer.ts";
import { TimelineView, type TimelineParts } from "./timeline.ts";

interface DiscussionParts extends TimelineParts {
  /** What the field is called. */
  write: string;
  /** Where its draft is kept. */
  place: string;
}

export function discussion({ write, place, ...parts }: DiscussionParts): { timeline: TimelineView; writer: Composer } {
  const timeline = new TimelineView(parts);
  const onSend = (text: string): void => timeline.send(text);
  const onEditLast = (): boolean => timeline.editLastOwn();
  return { timeline, writer: composer({ label: write, drafts: parts.session.drafts, place, onSend, onEditLast }) };
}
