/** What crosses the wire between this page and the demo app: the twin of antiphon/cli/demo/events.py. */

/** Somebody said something in a room. */
export interface Said {
  type: "said";
  text: string;
  name: string;
  /** ISO 8601, the server's clock. */
  at: string;
}

/** Somebody is typing in a room. */
export interface Typing {
  type: "typing";
  name: string;
}

/** What the channel of a room carries. Typing is not in its history. */
export type RoomEvent = Said | Typing;

/** What this page publishes into it; the server adds the name and the time. */
export type SayIt = Omit<Said, "name" | "at">;
export type IAmTyping = Omit<Typing, "name">;

/** The latest price of a share. */
export interface Quote {
  type: "quote";
  symbol: string;
  price: number;
  /** Per cent since the market opened. */
  change: number;
  at: string;
}

/** How a match stands. */
export interface Score {
  type: "score";
  match: string;
  home: number;
  away: number;
  minute: number;
  /** The last thing that happened, in words. */
  news: string;
  at: string;
}

/** The answer to the call `feed.contents`: what there is to subscribe to. */
export interface Contents {
  symbols: { symbol: string; name: string }[];
  matches: { match: string; home: string; away: string }[];
}
