"""What every TypeScript client has that needs it, whatever the app declares."""

from typing import Final

HANDLERS: Final = """
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
"""

CHANNEL: Final = """
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
"""

ADDRESS: Final = """
interface Part {
  value: string;
  pattern: string;
}

/** Makes a channel's name; throws a RangeError for what cannot stand there. */
function addressOf(texts: TemplateStringsArray, ...parts: Part[]): string {
  const literal = (text: string) => text.replace(/[$()+.|/-]/g, "\\\\$&");
  const groups = parts.map((part) => `(${part.pattern})`);
  const pattern = String.raw({ raw: texts.map(literal) }, ...groups);
  const name = String.raw({ raw: texts }, ...parts.map((part) => part.value));
  const found = new RegExp(`^${pattern}$`).exec(name)?.slice(1);
  if (!found || parts.some((part, n) => part.value !== found[n]))
    throw new RangeError(`no channel can be called ${JSON.stringify(name)}`);
  return name;
}
"""

RPC: Final = """
async function rpc<R>(
  centrifuge: Centrifuge,
  method: string,
  request?: unknown,
): Promise<R> {
  return (await centrifuge.rpc(method, request)).data as R;
}
"""

ON_MESSAGE: Final = """
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
"""
