/** The list at the side: channels and what travels in them, calls, messages; or what a search has found. */

import { to, type Way } from "./context";
import { eventOf, type Channel, type Contract } from "./contract";
import { h, need } from "./dom";

const MOST_FOUND = 100;

interface Item {
  kind: string;
  label: string;
  where: string;
  href: string;
  words: string;
}

/** Lists and searches a contract. */
export class Contents {
  private readonly box = need("contents", HTMLElement);
  private readonly search = need("search", HTMLInputElement);
  private readonly items: Item[];
  private current = "";

  constructor(private readonly contract: Contract) {
    this.items = itemsOf(contract);
    this.search.addEventListener("input", () => this.show());
    this.search.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("keydown", (event) => this.onSlash(event));
  }

  /** Mark where the reader is: a fragment. */
  at(fragment: string): void {
    this.current = fragment;
    this.show();
  }

  private show(): void {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.box.replaceChildren(...(words.length ? this.found(words) : this.everything()));
  }

  private found(words: string[]): HTMLElement[] {
    const found = this.items.filter((item) => words.every((word) => item.words.includes(word)));
    const shown = found.slice(0, MOST_FOUND).map((item) => {
      const where = h("span", { class: "where" }, `${item.kind}${item.where && ` · ${item.where}`}`);
      return h("li", {}, this.link(item.href, h("span", {}, item.label), where));
    });
    const rest = found.length - shown.length;
    const note = found.length ? (rest > 0 ? `${rest} more` : "") : "Nothing is called that.";
    return [h("ul", { class: "found", "data-testid": "found" }, ...shown), h("p", { class: "muted small", role: "status" }, note)];
  }

  private everything(): HTMLElement[] {
    const { channels = [], methods = [], accepts, sends } = this.contract;
    const rest = [this.link(to.reference, "Codes and limits")];
    if (accepts?.events?.length || accepts?.opaque || sends?.events?.length || sends?.opaque) rest.unshift(this.link(to.messages, "Messages"));
    return [
      group("Channels", channels.map((channel) => this.channel(channel))),
      group("Calls", methods.map(({ key, name, deprecated }) => h("li", { "data-deprecated": Boolean(deprecated) }, this.link(to.call(key), name)))),
      group("Besides", rest.map((link) => h("li", { class: "besides" }, link))),
    ].filter((part) => part !== null);
  }

  private channel(channel: Channel): HTMLElement {
    const href = to.channel(channel.key);
    const isHere = this.current === href || this.current.startsWith(`${href}/`);
    return h("li", {}, this.link(href, channel.address), isHere && this.events(channel));
  }

  private events(channel: Channel): HTMLElement {
    const line = (way: Way, arrow: string) => (name: string): HTMLElement => {
      const { tag, deprecated } = eventOf(this.contract, name);
      const mark = h("span", { class: "arrow", title: `you ${way}` }, arrow);
      return h("li", { "data-deprecated": Boolean(deprecated) }, this.link(to.event(to.channel(channel.key), way, name), mark, ` ${tag}`));
    };
    const sent = (channel.accepts?.events ?? []).map(line("send", "→"));
    const received = (channel.publishes?.events ?? []).map(line("receive", "←"));
    return h("ul", { class: "within" }, ...sent, ...received);
  }

  private link(href: string, ...children: (string | Node)[]): HTMLElement {
    const current = href === this.current;
    return h("a", { href, "aria-current": current ? "page" : undefined, "data-testid": "item" }, ...children);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.search.value) {
      this.search.value = "";
      this.show();
    } else if (event.key === "Enter") this.box.querySelector("a")?.click();
    else return;
    event.preventDefault();
  }

  private onSlash(event: KeyboardEvent): void {
    const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
    if (event.key !== "/" || typing || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    document.body.dataset["view"] = "browse";
    this.search.focus();
  }
}

function group(title: string, items: HTMLElement[]): HTMLElement | null {
  return items.length ? h("section", {}, h("h2", { class: "rubric" }, title), h("ul", {}, ...items)) : null;
}

function itemsOf(contract: Contract): Item[] {
  const item = (kind: string, label: string, where: string, href: string, ...more: string[]): Item => ({
    kind,
    label,
    where,
    href,
    words: [label, ...more].join(" ").toLowerCase(),
  });
  const event = (way: Way, where: string, place: string) => (name: string) => {
    const { tag, description = "" } = eventOf(contract, name);
    const fields = Object.keys(contract.schemas?.[name]?.properties ?? {});
    return item(`you ${way}`, tag, where, to.event(place, way, name), name, description, ...fields);
  };
  const ofChannel = (channel: Channel): Item[] => {
    const place = to.channel(channel.key);
    return [
      item("channel", channel.address, "", place, channel.description ?? ""),
      ...(channel.accepts?.events ?? []).map(event("send", channel.address, place)),
      ...(channel.publishes?.events ?? []).map(event("receive", channel.address, place)),
    ];
  };
  return [
    ...(contract.channels ?? []).flatMap(ofChannel),
    ...(contract.methods ?? []).map(({ key, name, description = "" }) => item("call", name, "", to.call(key), description)),
    ...(contract.accepts?.events ?? []).map(event("send", "message", to.messages)),
    ...(contract.sends?.events ?? []).map(event("receive", "message", to.messages)),
  ];
}
