/** The server's REST API: one typed function for each call that this page makes. */

import type { Message, Room } from "room-events";

const BASE = "/api/v1";

export interface User {
  userId: number;
  userName: string;
  displayName: string;
  isAdmin: boolean;
  status: string;
}

export interface Session {
  userId: number;
}

/** Where a page of messages begins, how many it has at most, and which way it goes from there. */
export interface PageRequest {
  cursor?: number;
  limit?: number;
  direction?: "forward" | "backward";
}

export interface NewRoom {
  name: string;
  roomType: "Public" | "Private";
  memberIds?: number[];
}

/** A call that did not succeed: the server's own sentence where it gave one. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status; 0 where no answer came at all. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** What to tell a person about anything that was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function login(userName: string, password: string): Promise<Session> {
  return call("POST", "/login", { userName, password });
}

export async function logout(): Promise<void> {
  await call("POST", "/logout");
}

/** Who is logged in, or `null` where nobody is. */
export async function currentSession(): Promise<Session | null> {
  try {
    return await call<Session>("GET", "/status");
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export async function users(): Promise<User[]> {
  return (await call<{ users: User[] }>("GET", "/users")).users;
}

export async function rooms(): Promise<Room[]> {
  const found = await call<{ rooms: Partial<Room>[] }>("GET", "/rooms");
  // The REST API says `displayName` where an event may say `name`. The package gives both, so this does too.
  return found.rooms.map((room) => {
    const name = room.displayName ?? room.name ?? "";
    return { ...room, name, displayName: name } as Room;
  });
}

export async function createRoom(room: NewRoom): Promise<void> {
  await call("POST", "/rooms", room);
}

export async function renameRoom(roomId: number, name: string): Promise<void> {
  await call("PUT", `/rooms/${roomId}`, { name });
}

export async function deleteRoom(roomId: number): Promise<void> {
  await call("DELETE", `/rooms/${roomId}`);
}

export async function messages(roomId: number, page: PageRequest): Promise<Message[]> {
  return (await call<{ messages: Message[] }>("GET", `/rooms/${roomId}/messages${query(page)}`)).messages;
}

export async function comments(messageId: number, page: PageRequest): Promise<Message[]> {
  return (await call<{ messages: Message[] }>("GET", `/messages/${messageId}/comments${query(page)}`)).messages;
}

export async function sendMessage(roomId: number, content: string): Promise<void> {
  await call("POST", `/rooms/${roomId}/messages`, { content });
}

export async function sendComment(messageId: number, content: string): Promise<void> {
  await call("POST", `/messages/${messageId}/comments`, { content });
}

export async function editMessage(messageId: number, content: string): Promise<void> {
  await call("PUT", `/messages/${messageId}`, { content });
}

export async function deleteMessage(messageId: number): Promise<void> {
  await call("DELETE", `/messages/${messageId}`);
}

export async function markRead(messageId: number): Promise<void> {
  await call("POST", `/messages/${messageId}/read`);
}

/** Where the bytes of an attachment are. */
export function attachmentUrl(attachmentId: number, fileName: string): string {
  return `${BASE}/attachments/${attachmentId}/${encodeURIComponent(fileName)}`;
}

function query(page: PageRequest): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(page)) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { Accept: "application/json" } };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { Accept: "application/json", "Content-Type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(BASE + path, init);
  } catch (cause) {
    throw new ApiError(0, "The server cannot be reached. Check that it is running, then try again.", { cause });
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) {
    const text = answer?.errorText;
    const message = typeof text === "string" && text !== "" ? text : `The server answered with status ${response.status}.`;
    throw new ApiError(response.status, message);
  }
  if (answer === null) throw new ApiError(response.status, "The server's answer is not JSON.");
  return answer as T;
}
