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
  return { timeline, writer: composer(write, timeline, parts.session.drafts, place) };
}
