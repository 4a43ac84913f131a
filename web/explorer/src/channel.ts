/** One channel: who may do what in it, where it is, what travels in it. */

import { Composer, offer } from "./composer";
import { to, type Context, type View } from "./context";
import { eventOf, socketUrl, type Channel, type Contract, type Parameter } from "./contract";
import { h, inline, prose } from "./dom";
import { eventList } from "./event";
import { problemOf } from "./problem";
import { sample } from "./schema";
import { snippets } from "./snippets";

const DELIVERY: Record<Channel["delivery"], string> = {
  "at-most-once": "At most once: what is published while you are away is gone.",
  recoverable: "Recoverable: after a break you get what you missed, or are told that it cannot be had.",
  "latest-value": "Latest value: you get the newest publication on every subscribe.",
};

/** Show a channel. */
export function channelView(context: Context, channel: Channel): View {
  const address = new Address(channel);
  const subscribing = new Subscribing(context, address);
  const code = h("div");
  const showCode = (): void => code.replaceChildren(snippets(taskOf(context, channel, address.name)));
  address.onChange(() => {
    subscribing.refresh();
    showCode();
  });
  showCode();
  const place = to.channel(channel.key);
  const element = h(
    "article",
    {},
    h("p", { class: "eyebrow" }, "Channel"),
    h("h1", { class: "address", "data-testid": "heading" }, channel.address),
    prose(channel.description, "prose lead"),
    h("ul", { class: "facts-list" }, ...factsOf(context.contract, channel).map((fact) => h("li", {}, ...inline(fact)))),
    h("section", { class: "place" }, address.element, subscribing.element),
    eventList(context.contract, "send", channel.accepts, place, (name) => composerOf(context, channel, address, name)),
    channel.accepts?.opaque ? composerOf(context, channel, address, "") : null,
    eventList(context.contract, "receive", channel.publishes, place),
    h("section", {}, h("h2", { class: "rubric" }, "In your code"), code),
  );
  return { title: channel.address, element, refresh: () => subscribing.refresh() };
}

function composerOf(context: Context, channel: Channel, address: Address, name: string): HTMLElement {
  const { contract, link: connection } = context;
  const event = eventOf(contract, name);
  const act = async (data: Parameters<typeof connection.publish>[1]): Promise<undefined> => {
    if (!channel.publish_unsubscribed) await connection.subscribe(address.name);
    await connection.publish(address.name, data);
    return undefined;
  };
  const schema = contract.schemas?.[name];
  const make = (): Composer => new Composer({ contract, schema, example: event.examples?.[0], tag: event.tag, verb: "Publish", act });
  return offer(name ? `Send ${event.tag}` : "Send JSON", make);
}

function taskOf({ contract }: Context, channel: Channel, name: string): Parameters<typeof snippets>[0] {
  const sent = channel.accepts?.events?.[0];
  const send = sent ? (eventOf(contract, sent).examples?.[0] ?? sample(contract, contract.schemas?.[sent] ?? {})) : undefined;
  return { url: socketUrl(contract), channel: name, send };
}

function factsOf(contract: Contract, channel: Channel): string[] {
  const { history } = channel;
  const kept = history?.mode === "stream" ? `Keeps ${history.size} for ${duration(history.ttl)} after the last.` : "";
  const without = history?.without?.length ? ` Never kept: ${history.without.map((name) => `\`${eventOf(contract, name).tag}\``).join(", ")}.` : "";
  return [
    DELIVERY[channel.delivery],
    kept + without,
    whoMay(channel),
    channel.presence ? "Presence: you may ask who is here." : "",
    channel.join_leave ? "You are told who comes and goes." : "",
    channel.publish_unsubscribed ? "You may publish without having subscribed." : "",
    channel.read_unsubscribed ? "Presence and history may be read without having subscribed." : "",
    channel.delta ? "Delta compression on request." : "",
    channel.tags_filter ? "Filters by tags on request." : "",
  ].filter(Boolean);
}

function whoMay(channel: Channel): string {
  if (channel.personal) return "Yours alone: every connection of yours is subscribed to it from the start.";
  if (channel.open) return "Everybody who is connected may subscribe.";
  return channel.decides ? "The app decides who may subscribe." : "You need a subscription token, or the app subscribes you.";
}

function duration(seconds: number): string {
  const units: [number, string][] = [[86_400, "day"], [3600, "hour"], [60, "minute"]];
  const [size, unit] = units.find(([size]) => seconds >= size && seconds % size === 0) ?? [1, "second"];
  return `${seconds / size} ${unit}${seconds / size === 1 ? "" : "s"}`;
}

/** The parameters of an address, to be filled in. */
class Address {
  readonly element: HTMLElement;
  private readonly values: Map<string, string>;
  private changed = (): void => undefined;

  constructor(private readonly channel: Channel) {
    const parameters = channel.parameters ?? [];
    this.values = new Map(parameters.map(({ name, example }) => [name, example]));
    this.element = h("div", { class: "parameters" }, ...parameters.map((parameter) => this.input(parameter)));
  }

  /** The channel's name with the parameters filled in. */
  get name(): string {
    return this.channel.template.replace(/\{(\w+)\}/g, (whole, name: string) => this.values.get(name) ?? whole);
  }

  onChange(change: () => void): void {
    this.changed = change;
  }

  private input({ name, type, example, description }: Parameter): HTMLElement {
    const input = h("input", { class: "input", value: example, autocomplete: "off", spellcheck: "false", "data-testid": `parameter-${name}` });
    input.addEventListener("input", () => {
      this.values.set(name, input.value);
      this.changed();
    });
    const told = [type === "str" ? "" : type, description].filter(Boolean).join(" · ");
    return h("label", { class: "field" }, h("span", {}, name), told && h("span", { class: "hint" }, told), input);
  }
}

/** The button that subscribes to a channel, and how the subscription is. */
class Subscribing {
  readonly element: HTMLElement;
  private readonly name = h("code", { class: "channel-name", "data-testid": "channel-name" });
  private readonly button = h("button", { class: "button primary", type: "button", "data-testid": "subscribe" });
  private readonly problem = h("p", { class: "problem", role: "alert", "data-testid": "subscribe-problem" });

  constructor(
    private readonly context: Context,
    private readonly address: Address,
  ) {
    this.button.addEventListener("click", () => void this.toggle());
    this.element = h("div", { class: "subscribing" }, this.name, this.button, this.problem);
    this.refresh();
  }

  refresh(): void {
    const state = this.context.link.stateOf(this.address.name);
    this.name.textContent = this.address.name;
    this.button.textContent = { subscribed: "Unsubscribe", subscribing: "Stop subscribing" }[state] ?? "Subscribe";
    this.button.classList.toggle("primary", state === "unsubscribed");
    this.element.dataset["state"] = state;
  }

  private async toggle(): Promise<void> {
    this.problem.textContent = "";
    const { link } = this.context;
    if (link.stateOf(this.address.name) !== "unsubscribed") return link.unsubscribe(this.address.name);
    try {
      await link.subscribe(this.address.name);
    } catch (error) {
      const { code, text } = problemOf(error, "");
      this.problem.textContent = `${code || ""} ${text}`.trim();
    }
  }
}
