// Corner 1.0.0, written by `antiphon types corner:app --lang ts`.

import type {
  Centrifuge,
  MessageContext,
  PublicationContext,
  ServerPublicationContext,
  Subscription,
  SubscriptionOptions,
} from "centrifuge";

/** Somebody said something in a room. */
export interface Said {
  type: "said";
  text: string;
  author: Author;
  /** Format: date-time. */
  at: string;
  /** Default: "good". */
  mood: Mood;
  attached: SaidAttached[];
  counts: { [key: string]: number };
}

/** Who has said something. */
export interface Author {
  name: string;
  /** A year. */
  born_in: number | null;
}

/** How something is said. */
export type Mood = "good" | "bad";

/** A picture. */
export interface Photo {
  kind: "photo";
  url: string;
}

/** A point on the map. */
export interface Place {
  kind: "place";
  at: [number, number];
}

/** Somebody left a room. */
export interface Left {
  type: "left";
  author: Author;
}

/** Say something in a room. */
export interface SayIt {
  type: "said";
  text: string;
  /** Default: "good". */
  mood?: Mood;
  attached?: SaidAttached[];
}

/**
 * Say something loudly.
 * @deprecated say it
 */
export interface Shout {
  type: "shout";
  text: string;
}

/** Ask for a notice. */
export interface Nudge {
  type: "nudge";
  text: string;
}

/** For one client alone. */
export interface Notice {
  type: "notice";
  text: string;
}

/** What a room is made of. */
export interface NewRoom {
  name: string;
  moods?: Mood[];
}

/** A room that was made. */
export interface Room {
  id: number;
  name: string;
}

export type SaidAttached = Photo | Place;

export type ChatRoomNumberIntEvent = Said | Left;

export type ChatRoomNumberIntInput = SayIt | Shout;

export type KeyIdUuidEvent = Left;

export type ServerMessage = Notice;

export type ClientMessage = Nudge;

interface Tagged {
  type: string;
}

/** A function for each type of event, or one for everything if it is opaque. */
export type Handlers<E, C> = [E] extends [Tagged]
  ? { [T in E["type"]]: (event: Extract<E, { type: T }>, context: C) => void }
  : (data: E, context: C) => void;

/** Takes what has no type that is known here, but to a newer server. */
export type Otherwise<C> = (data: unknown, context: C) => void;

function receiver<E, C>(handlers: Handlers<E, C>, otherwise?: Otherwise<C>) {
  if (typeof handlers === "function") return handlers as Otherwise<C>;
  const known = new Map<unknown, Otherwise<C>>(Object.entries(handlers));
  return (data: unknown, context: C) => {
    const handle = known.get((data as Tagged | null)?.type) ?? otherwise;
    handle?.(data, context);
  };
}

/** A channel, in which `E` is received and `I` may be published. */
export class Channel<E, I> {
  readonly name: string;
  readonly #centrifuge: Centrifuge;

  constructor(centrifuge: Centrifuge, name: string) {
    this.#centrifuge = centrifuge;
    this.name = name;
  }

  /** Subscribes; throws if the SDK's client has a subscription to it already. */
  subscribe(
    handlers: Handlers<E, PublicationContext>,
    otherwise?: Otherwise<PublicationContext>,
    options?: SubscriptionOptions,
  ): Subscription {
    const receive = receiver<E, PublicationContext>(handlers, otherwise);
    const subscription = this.#centrifuge.newSubscription(this.name, options);
    subscription.on("publication", (context) => receive(context.data, context));
    subscription.subscribe();
    return subscription;
  }

  /** Receives what comes if the server subscribes; returns what ends that. */
  listen(
    handlers: Handlers<E, ServerPublicationContext>,
    otherwise?: Otherwise<ServerPublicationContext>,
  ): () => void {
    const receive = receiver<E, ServerPublicationContext>(handlers, otherwise);
    const listener = (context: ServerPublicationContext) => {
      if (context.channel === this.name) receive(context.data, context);
    };
    this.#centrifuge.on("publication", listener);
    return () => void this.#centrifuge.off("publication", listener);
  }

  /** Publishes, once it is subscribed if it is to be. */
  async publish(event: I): Promise<void> {
    const subscription = this.#centrifuge.getSubscription(this.name);
    if (subscription) await subscription.publish(event);
    else await this.#centrifuge.publish(this.name, event);
  }
}

interface Part {
  value: string;
  pattern: string;
}

/** Makes a channel's name; throws a RangeError for what cannot stand there. */
function addressOf(texts: TemplateStringsArray, ...parts: Part[]): string {
  const literal = (text: string) => text.replace(/[$()+.|/-]/g, "\\$&");
  const groups = parts.map((part) => `(${part.pattern})`);
  const pattern = String.raw({ raw: texts.map(literal) }, ...groups);
  const name = String.raw({ raw: texts }, ...parts.map((part) => part.value));
  const found = new RegExp(`^${pattern}$`).exec(name)?.slice(1);
  if (!found || parts.some((part, n) => part.value !== found[n]))
    throw new RangeError(`no channel can be called ${JSON.stringify(name)}`);
  return name;
}

const asStr = (value: string): Part => ({
  value,
  pattern: "[!$%&'()+.0-9;=@A-Z_a-z|~-]+",
});
const asInt = (value: number): Part => ({
  value: `${value}`,
  pattern: "0|-?[1-9][0-9]{0,17}",
});
const asUuid = (value: string): Part => ({
  value,
  pattern: "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
});

async function rpc<R>(
  centrifuge: Centrifuge,
  method: string,
  request?: unknown,
): Promise<R> {
  return (await centrifuge.rpc(method, request)).data as R;
}

function onMessage<E>(
  centrifuge: Centrifuge,
  handlers: Handlers<E, MessageContext>,
  otherwise?: Otherwise<MessageContext>,
): () => void {
  const receive = receiver<E, MessageContext>(handlers, otherwise);
  const listener = (context: MessageContext) => receive(context.data, context);
  centrifuge.on("message", listener);
  return () => void centrifuge.off("message", listener);
}

/** Typed calls over a client of the SDK, in its default build: it speaks JSON. */
export function createClient(centrifuge: Centrifuge) {
  return {
    channel: {
      /**
       * One room of many.
       *
       * Channel `chat:{room}/{number}`.
       */
      chatRoomNumberInt: (room: string, number: number) =>
        new Channel<ChatRoomNumberIntEvent, ChatRoomNumberIntInput>(
          centrifuge,
          addressOf`chat:${asStr(room)}/${asInt(number)}`,
        ),
      /** Channel `key:{id}`. */
      keyIdUuid: (id: string) =>
        new Channel<KeyIdUuidEvent, never>(
          centrifuge,
          addressOf`key:${asUuid(id)}`,
        ),
      /** Channel `blob:{name}`. */
      blobName: (name: string) =>
        new Channel<unknown, unknown>(
          centrifuge,
          addressOf`blob:${asStr(name)}`,
        ),
    },
    call: {
      /** Be subscribed to a channel, by the server. */
      follow: () => rpc<void>(centrifuge, "follow"),
      /** Make a room. */
      roomsCreate: (request: NewRoom) =>
        rpc<Room | null>(centrifuge, "rooms.create", request),
      /** Name the keys. */
      keysList: () => rpc<{ [key: string]: string[] }>(centrifuge, "keys.list"),
      /**
       * Close rooms.
       * @deprecated leave them
       */
      roomsClose: (request: number[]) =>
        rpc<void>(centrifuge, "rooms.close", request),
    },
    /** Sends a message that is not answered. */
    send: (message: ClientMessage) => centrifuge.send(message),
    /** Receives messages of no channel; returns what ends that. */
    onMessage: (
      handlers: Handlers<ServerMessage, MessageContext>,
      otherwise?: Otherwise<MessageContext>,
    ) => onMessage<ServerMessage>(centrifuge, handlers, otherwise),
  };
}

export type Client = ReturnType<typeof createClient>;
