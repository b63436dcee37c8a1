export interface PlayedOptions {
  /** The page's Content-Security-Policy. */
  policy?: string;
  /** Paths that are answered with 404. */
  missing?: readonly string[];
  /** More scripts that it serves, by their paths. */
  scripts?: Readonly<Record<string, string>>;
  /** Whether nobody is logged in. */
  refuses?: boolean;
}

export declare class PlayedServer {
  static start(options?: PlayedOptions): Promise<PlayedServer>;
  /** The paths that the REST API was asked for. */
  readonly asked: string[];
  /** How many sockets were asked for. */
  attempts: number;
  /** How many sockets were opened. */
  opened: number;
  /** What `GET /status` is answered with. */
  status: number;
  /** Who is logged in. */
  userId: number;
  /** How many messages each room has. */
  rooms: Map<number, number>;
  readonly url: string;
  /** How many sockets are open. */
  readonly live: number;
  /** Sends an event to everybody. */
  send(type: string, data: object): void;
  /** Breaks all connections. */
  drop(): void;
  close(): void;
}
