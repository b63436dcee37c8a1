/** What an application loads again from the REST API when its client has given something up. */

import type { Message, Room, RoomId } from "room-events";

import type { Truth, View } from "./view.ts";

/** Loads what the client has given up into the view. Gives up itself where a request fails: it is called again. */
export async function reload(view: View): Promise<void> {
  const wanted = new Set(view.toLoad);
  view.beginLoad();
  try {
    const isWanted = (roomId: RoomId): boolean => wanted.has(null) || wanted.has(roomId);
    view.endLoad(await load(isWanted), isWanted);
    for (const roomId of wanted) view.toLoad.delete(roomId);
  } catch {
    // The next attempt follows.
  }
}

async function load(isWanted: (roomId: RoomId) => boolean): Promise<Truth> {
  const { rooms } = await get<{ rooms: Room[] }>("/rooms");
  const messages: Message[] = [];
  for (const { roomId } of rooms.filter(({ roomId }) => isWanted(roomId))) {
    const { messages: topLevel } = await get<{ messages: Message[] }>(`/rooms/${roomId}/messages`);
    messages.push(...topLevel);
    for (const { messageId, commentCount } of topLevel) {
      if (commentCount === 0) continue;
      messages.push(...(await get<{ messages: Message[] }>(`/messages/${messageId}/comments`)).messages);
    }
  }
  return { rooms, messages };
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`/api/v1${path}`);
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
  return (await response.json()) as T;
}
