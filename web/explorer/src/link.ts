/** The one connection, and what it says: everything becomes an entry of the log. */

import { Centrifuge, State, type PublicationContext, type Subscription } from "centrifuge";
import { socketUrl, type Contract, type Json } from "./contract";
import type { Entry, Log } from "./log";

const ANSWER_MS = 10_000;

type Change = () => void;

/** What the server said when it ended something: the SDK rejects with no more than that it has ended. */
class End {
  said: { code: number; reason: string } | undefined;

  readonly rethrow = (error: unknown): never => {
    throw this.said ? { code: this.said.code, message: this.said.reason } : error;
  };
}

/** Connects, subscribes and sends for the page. */
export class Link {
  private client: Centrifuge;
  private readonly changes = new Set<Change>();

  constructor(
    private readonly contract: Contract,
    private readonly log: Log,
    private token: string,
  ) {
    this.client = this.make();
  }

  /** Call back whenever the connection or a subscription has changed. */
  onChange(change: Change): void {
    this.changes.add(change);
  }

  get state(): State {
    return this.client.state;
  }

  connect(): void {
    this.client.connect();
  }

  disconnect(): void {
    this.client.disconnect();
  }

  /** Be somebody else from now on: the connection ends with its subscriptions, and a new one begins. */
  authorize(token: string): void {
    this.client.disconnect();
    this.token = token;
    this.client = this.make();
    this.changed();
    if (token) this.client.connect();
  }

  /** How a subscription is: "unsubscribed", "subscribing" or "subscribed". */
  stateOf(channel: string): string {
    return this.client.getSubscription(channel)?.state ?? "unsubscribed";
  }

  /** The channels subscribed to. */
  channels(): string[] {
    return Object.keys(this.client.subscriptions());
  }

  /** Subscribe, and wait until that has succeeded; rejects with the error. */
  async subscribe(channel: string): Promise<void> {
    const subscription = this.client.getSubscription(channel) ?? this.open(channel);
    await this.ready();
    const end = new End();
    subscription.once("unsubscribed", (context) => (end.said = context));
    subscription.subscribe();
    await subscription.ready(ANSWER_MS).catch(end.rethrow);
  }

  unsubscribe(channel: string): void {
    const subscription = this.client.getSubscription(channel);
    if (!subscription) return;
    subscription.unsubscribe();
    this.client.removeSubscription(subscription);
    this.changed();
  }

  /** Publish; rejects with the error. */
  async publish(channel: string, data: Json): Promise<void> {
    await this.timed(tagOf(data) ?? "publication", channel, data, () => this.client.publish(channel, data));
  }

  /** Call a method; rejects with the error. */
  async call(method: string, data: Json): Promise<Json> {
    const answer = await this.timed(method, "", data, () => this.client.rpc(method, data));
    return (answer.data ?? null) as Json;
  }

  /** Send a message; nothing comes back. */
  async send(data: Json): Promise<void> {
    await this.timed(tagOf(data) ?? "message", "", data, () => this.client.send(data));
  }

  /** Connect, and wait until that has succeeded; rejects with what the server said. */
  private async ready(): Promise<void> {
    const end = new End();
    this.client.once("disconnected", (context) => (end.said = context));
    this.client.connect();
    await this.client.ready(ANSWER_MS).catch(end.rethrow);
  }

  private make(): Centrifuge {
    const client = new Centrifuge(socketUrl(this.contract), { token: this.token, name: "antiphon-explorer", timeout: ANSWER_MS });
    client.on("connecting", ({ code, reason }) => this.say("connecting", reason, code));
    client.on("connected", ({ client: id, transport }) => this.say("connected", `${transport}, client ${id}`));
    client.on("disconnected", ({ code, reason }) => this.say("disconnected", this.meaning(code, reason), code));
    client.on("error", ({ error }) => this.say("error", error.message, error.code));
    client.on("message", ({ data }) => this.log.add({ way: "in", type: tagOf(data as Json) ?? "message", data: data as Json }));
    client.on("subscribed", ({ channel }) => this.say("subscribed", "by the server", undefined, channel));
    client.on("unsubscribed", ({ channel }) => this.say("unsubscribed", "by the server", undefined, channel));
    client.on("publication", (context) => this.received(context));
    client.on("join", ({ channel, info }) => this.passed("join", channel, info));
    client.on("leave", ({ channel, info }) => this.passed("leave", channel, info));
    client.on("state", () => this.changed());
    return client;
  }

  private open(channel: string): Subscription {
    const subscription = this.client.newSubscription(channel);
    subscription.on("subscribed", ({ recovered }) => this.say("subscribed", recovered ? "and recovered" : "", undefined, channel));
    subscription.on("unsubscribed", ({ code, reason }) => this.say("unsubscribed", reason, code, channel));
    subscription.on("error", ({ error }) => this.say("error", error.message, error.code, channel));
    subscription.on("publication", (context) => this.received(context));
    subscription.on("join", ({ info }) => this.passed("join", channel, info));
    subscription.on("leave", ({ info }) => this.passed("leave", channel, info));
    subscription.on("state", () => this.changed());
    return subscription;
  }

  private received({ channel, data, offset }: PublicationContext): void {
    this.log.add({ way: "in", type: tagOf(data as Json) ?? "publication", channel, offset, data: data as Json });
  }

  private passed(type: string, channel: string, info: unknown): void {
    this.log.add({ way: "info", type, channel, data: info as Json });
  }

  private say(type: string, text: string, code?: number, channel?: string): void {
    this.log.add({ way: "info", type, channel, code, note: text });
  }

  /** What is sent, what came of it, and how long that took. */
  private async timed<T>(type: string, channel: string, data: Json, act: () => Promise<T>): Promise<T> {
    await this.ready();
    const sent: Entry = this.log.add({ way: "out", type, channel, data });
    const start = performance.now();
    try {
      const answer = await act();
      this.log.settle(sent, { ms: performance.now() - start, answer: (answer as { data?: Json } | undefined)?.data });
      return answer;
    } catch (error) {
      const { code, message } = error as { code: number; message: string };
      this.log.settle(sent, { ms: performance.now() - start, code, note: message });
      throw error;
    }
  }

  private meaning(code: number, reason: string): string {
    const declared = this.contract.closes?.find((close) => close.number === code);
    return [reason, declared?.meaning].filter(Boolean).join(": ");
  }

  private changed(): void {
    for (const change of this.changes) change();
  }
}

/** The tag of an event; undefined for what is none. */
function tagOf(data: Json): string | undefined {
  const tag = typeof data === "object" && data !== null && !Array.isArray(data) ? data["type"] : undefined;
  return typeof tag === "string" ? tag : undefined;
}
