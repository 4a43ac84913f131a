/** A room's log: every message once, in the order of the stream, whichever way it came. */

import type { Said } from "./events";
import { initial, need, slot, stamp, tint } from "./page";

const KEPT = 300;
const NEAR_BOTTOM = 60;
const SAME_BREATH = 5 * 60_000;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export class Log {
  readonly #list = need("log", HTMLOListElement);
  readonly #pane = need("log-pane", HTMLElement);
  readonly #newer = need("newer", HTMLButtonElement);
  readonly #shown = new Map<number, HTMLElement>();
  readonly #me: string;

  constructor(me: string) {
    this.#me = me;
    this.#newer.addEventListener("click", () => this.#toBottom());
    this.#pane.addEventListener("scroll", () => {
      if (this.#atBottom()) this.#newer.hidden = true;
    });
  }

  clear(): void {
    this.#shown.clear();
    this.#list.replaceChildren();
    this.#newer.hidden = true;
    this.#pane.ariaBusy = "true"; // nobody wants a whole history read out
  }

  /** The room's history is there: what follows is news. */
  settle(): void {
    this.#pane.ariaBusy = "false";
  }

  /** Show a message of the stream, unless it is shown already. */
  add(offset: number, said: Said, away = false): void {
    if (this.#shown.has(offset)) return;
    const follow = this.#atBottom() || said.name === this.#me;
    const item = this.#render(offset, said, away);
    const after = this.#firstAfter(offset);
    this.#list.insertBefore(item, after);
    this.#shown.set(offset, item);
    joinBreaths(item);
    if (after) joinBreaths(after);
    this.#trim();
    if (follow) this.#toBottom();
    else this.#newer.hidden = false;
  }

  /** A line between the messages, such as who came and who went. */
  note(text: string, kind: "quiet" | "away" | "lost" = "quiet"): void {
    const follow = this.#atBottom();
    const item = stamp(kind === "quiet" ? "note" : "divider", { text });
    item.dataset["kind"] = kind;
    this.#list.append(item);
    if (follow) this.#toBottom();
  }

  #render(offset: number, said: Said, away: boolean): HTMLElement {
    const at = new Date(said.at);
    const time = clock.format(at);
    const item = stamp("message", { name: said.name, text: said.text, time, initial: initial(said.name) });
    slot(item, "time").setAttribute("datetime", said.at);
    item.dataset["offset"] = String(offset);
    item.dataset["name"] = said.name;
    item.dataset["at"] = String(at.getTime());
    item.toggleAttribute("data-mine", said.name === this.#me);
    item.toggleAttribute("data-away", away);
    slot(item, "away").hidden = !away;
    tint(item, said.name);
    return item;
  }

  /** The shown message that must stay below one with this offset. */
  #firstAfter(offset: number): HTMLElement | null {
    let first: HTMLElement | null = null;
    for (const [other, item] of this.#shown) {
      if (other > offset && (!first || other < Number(first.dataset["offset"]))) first = item;
    }
    return first;
  }

  #trim(): void {
    while (this.#list.childElementCount > KEPT) {
      const oldest = this.#list.firstElementChild as HTMLElement;
      this.#shown.delete(Number(oldest.dataset["offset"]));
      oldest.remove();
    }
  }

  #atBottom(): boolean {
    const pane = this.#pane;
    return pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_BOTTOM;
  }

  #toBottom(): void {
    this.#pane.scrollTop = this.#pane.scrollHeight;
    this.#newer.hidden = true;
  }
}

/** Leave the name out where the same person goes on talking. */
function joinBreaths(item: HTMLElement): void {
  const before = item.previousElementSibling;
  const goesOn =
    before instanceof HTMLElement &&
    before.dataset["name"] === item.dataset["name"] &&
    before.hasAttribute("data-away") === item.hasAttribute("data-away") &&
    Number(item.dataset["at"]) - Number(before.dataset["at"]) < SAME_BREATH;
  item.toggleAttribute("data-goes-on", goesOn);
}
