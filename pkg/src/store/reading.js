// Marks messages as read on the server.

/** The maximum number of remembered messages. */
const MAX_TOLD = 1000;

/** @param {{ status(): Promise<{ userId: number }>, markRead(id: number): Promise<void> }} rest */
export function makeReading(rest) {
  /** The messages that were marked, or are about to be. */
  const told = new Set();
  let queue = [];
  let me;
  let running;

  async function run() {
    me ??= await rest.status();
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { messageId, readTimestamps } = next;
      const isMine = ({ userId }) => userId === me.userId;
      // The user's own messages count as read.
      if (isMine(next) || readTimestamps.some(isMine)) continue;
      await rest.markRead(messageId).catch(() => told.delete(messageId));
    }
  }
  return {
    /** Marks messages as read. */
    mark(messages) {
      const fresh = messages.filter(({ messageId }) => !told.has(messageId));
      for (const { messageId } of fresh) told.add(messageId);
      for (const id of told) {
        if (told.size <= MAX_TOLD) break;
        told.delete(id);
      }
      queue.push(...fresh);
      if (!fresh[0] || running) return;
      // Once for all messages of the same task. Failures are retried with the next call.
      running = Promise.resolve()
        .then(run)
        .catch(() => {
          for (const { messageId } of queue) told.delete(messageId);
          queue = [];
        })
        .finally(() => (running = undefined));
    },
    /** Resets everything, as another user may be logged in. */
    forget() {
      me = undefined;
      told.clear();
    },
  };
}
