/** One event: what it means, its fields, an example. */

import { to, type Way } from "./context";
import { eventOf, type Contract, type Messages } from "./contract";
import { codeBlock, h, prose } from "./dom";
import { fieldsOf } from "./tables";

const SHOWN_OPEN = 12;

/** The events that travel one way, under a heading from the reader's side. */
export function eventList(
  contract: Contract,
  way: Way,
  messages: Messages | undefined,
  place: string,
  extra: (name: string) => HTMLElement | null = () => null,
): HTMLElement | null {
  const names = messages?.events ?? [];
  if (!names.length && !messages?.opaque) return null;
  const cards = names.map((name) => eventCard(contract, way, name, to.event(place, way, name), extra(name), names.length <= SHOWN_OPEN));
  const opaque = messages?.opaque && h("p", { class: "muted" }, "Bytes, handed through unseen: nothing is known of them here.");
  return h("section", { class: "events", "data-way": way }, heading(way), opaque || null, ...cards);
}

/** "You send" or "You receive". */
export function heading(way: Way): HTMLElement {
  const arrow = h("span", { class: "arrow", "aria-hidden": "true" }, way === "send" ? "→" : "←");
  return h("h2", { class: "rubric" }, arrow, way === "send" ? " You send" : " You receive");
}

function eventCard(
  contract: Contract,
  way: Way,
  name: string,
  href: string,
  extra: HTMLElement | null,
  open: boolean,
): HTMLElement {
  const event = eventOf(contract, name);
  const anchor = h("a", { href, class: "tag" }, event.tag);
  const summary = h("summary", {}, anchor, event.deprecated ? h("span", { class: "badge" }, "deprecated") : null);
  const card = h("details", { class: "event", "data-event": name, "data-way": way, "data-testid": "event" }, summary);
  const fill = (): void => {
    if (card.children.length > 1) return;
    card.append(...bodyOf(contract, name), ...(extra ? [extra] : []));
  };
  card.addEventListener("toggle", fill);
  if (open) {
    fill();
    card.open = true;
  }
  return card;
}

function bodyOf(contract: Contract, name: string): HTMLElement[] {
  const event = eventOf(contract, name);
  const example = event.examples?.[0];
  const parts = [
    deprecation(event.deprecated),
    prose(event.description),
    fieldsOf(contract, contract.schemas?.[name] ?? {}),
    example === undefined ? null : h("details", { class: "nested" }, h("summary", {}, "Example"), codeBlock(JSON.stringify(example, null, 2))),
  ];
  return parts.filter((part) => part !== null);
}

/** The line that says what to use instead. */
export function deprecation(advice: string | undefined): HTMLElement | null {
  return advice ? h("p", { class: "advice" }, "Deprecated: ", advice) : null;
}
