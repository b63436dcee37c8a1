/** Which room and thread are open, kept in the address so that links, reload and Back work. */

export interface Route {
  roomId: number | null;
  /** The message whose comments are open. */
  threadId: number | null;
}

export function parseRoute(hash: string): Route {
  const match = /^#\/rooms\/(\d+)(?:\/threads\/(\d+))?$/.exec(hash);
  return { roomId: match?.[1] ? Number(match[1]) : null, threadId: match?.[2] ? Number(match[2]) : null };
}

export function formatRoute({ roomId, threadId }: Route): string {
  if (roomId === null) return "#/";
  return threadId === null ? `#/rooms/${roomId}` : `#/rooms/${roomId}/threads/${threadId}`;
}
