// Tells the server what the user has read.

/** How many messages are remembered that the server was told of. */
const MAX_TOLD = 1000;

/** @param {{ status(): Promise<{ userId: number }>, markRead(id: number): Promise<void> }} rest */
export function makeReading(rest) {
  /** The messages that the server was told of, or is about to be. */
  const told = new Set();
  let queue = [];
  let me;
  let running;

  async function run() {
    me ??= await rest.status();
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { messageId, readTimestamps } = next;
      const isMine = ({ userId }) => userId === me.userId;
      // One's own count as read.
      if (isMine(next) || readTimestamps.some(isMine)) continue;
      await rest.markRead(messageId).catch(() => told.delete(messageId));
    }
  }
  return {
    /** The user has read these. */
    mark(messages) {
      const fresh = messages.filter(({ messageId }) => !told.has(messageId));
      for (const { messageId } of fresh) told.add(messageId);
      for (const id of told) {
        if (told.size <= MAX_TOLD) break;
        told.delete(id);
      }
      queue.push(...fresh);
      if (!fresh[0] || running) return;
      // Once for all that is said in one go. What fails is told with the next.
      running = Promise.resolve()
        .then(run)
        .catch(() => {
          for (const { messageId } of queue) told.delete(messageId);
          queue = [];
        })
        .finally(() => (running = undefined));
    },
    /** Another user may be logged in. */
    forget() {
      me = undefined;
      told.clear();
    },
  };
}
