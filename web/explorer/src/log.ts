/** The live log: what came, what was sent and what became of it, the newest first.
 *
 * It keeps the last `MOST` entries. Entries of one frame are drawn together, so that a busy channel costs
 * no more than a frame; paused, nothing is drawn and everything kept.
 */

import { copyButton, h, need } from "./dom";
import type { Json } from "./contract";

const MOST = 1000;

/** One line of the log. */
export interface Entry {
  way: "in" | "out" | "info";
  type: string;
  channel?: string | undefined;
  offset?: number | undefined;
  data?: Json | undefined;
  /** Of an error, or of the end of a connection. */
  code?: number | undefined;
  note?: string | undefined;
  time: Date;
  /** Of the payload as JSON, in bytes. */
  size?: number | undefined;
  /** From sending to the answer. */
  ms?: number | undefined;
  answer?: Json | undefined;
}

export type Said = Omit<Entry, "time" | "size">;

const ARROWS = { in: "←", out: "→", info: "·" };
const SPOKEN = { in: "received", out: "sent", info: "connection" };

export class Log {
  private readonly list = need("log", HTMLOListElement);
  private readonly filter = need("log-filter", HTMLInputElement);
  private readonly pause = need("log-pause", HTMLButtonElement);
  private readonly entries: Entry[] = [];
  private readonly rows = new Map<Entry, HTMLElement>();
  private waiting: Entry[] = [];
  private frame = 0;
  private paused = false;

  constructor() {
    this.filter.addEventListener("input", () => this.sift());
    this.pause.addEventListener("click", () => this.toggle());
    need("log-clear", HTMLButtonElement).addEventListener("click", () => this.clear());
    need("log-save", HTMLButtonElement).addEventListener("click", () => this.save());
  }

  /** Add what has just happened. */
  add(said: Said): Entry {
    const entry: Entry = { ...said, time: new Date(), size: said.data === undefined ? undefined : bytesOf(said.data) };
    this.entries.push(entry);
    this.waiting.push(entry);
    if (this.paused) this.showPaused();
    else this.drawSoon();
    return entry;
  }

  /** Tell what has become of something sent. */
  settle(entry: Entry, outcome: Partial<Entry>): void {
    Object.assign(entry, outcome);
    const row = this.rows.get(entry);
    if (!row) return;
    const drawn = this.draw(entry);
    row.replaceWith(drawn);
  }

  private drawSoon(): void {
    this.frame ||= requestAnimationFrame(() => this.flush());
  }

  private flush(): void {
    this.frame = 0;
    const fresh = this.waiting.slice(-MOST);
    this.waiting = [];
    this.list.prepend(...fresh.map((entry) => this.draw(entry)).reverse());
    for (const old of this.entries.splice(0, this.entries.length - MOST)) {
      this.rows.get(old)?.remove();
      this.rows.delete(old);
    }
  }

  private draw(entry: Entry): HTMLElement {
    const row = h("li", { class: "entry", "data-way": entry.way, "data-testid": "entry" }, this.details(entry));
    if (entry.code !== undefined && entry.way === "out") row.dataset["failed"] = "";
    row.hidden = !matches(entry, this.filter.value);
    this.rows.set(entry, row);
    return row;
  }

  private details(entry: Entry): HTMLElement {
    const summary = h(
      "summary",
      {},
      h("span", { class: "way", title: SPOKEN[entry.way] }, ARROWS[entry.way]),
      h("span", { class: "kind", "data-testid": "entry-type" }, entry.type),
      h("time", { datetime: entry.time.toISOString() }, timeOf(entry.time)),
      h("span", { class: "facts" }, factsOf(entry)),
    );
    const details = h("details", {}, summary);
    details.addEventListener("toggle", () => details.children.length > 1 || details.append(bodyOf(entry)), { once: true });
    return details;
  }

  private sift(): void {
    for (const [entry, row] of this.rows) row.hidden = !matches(entry, this.filter.value);
  }

  private toggle(): void {
    this.paused = !this.paused;
    this.pause.setAttribute("aria-pressed", String(this.paused));
    this.showPaused();
    if (!this.paused) this.drawSoon();
  }

  private showPaused(): void {
    const held = this.waiting.length ? ` (${this.waiting.length})` : "";
    this.pause.textContent = this.paused ? `Resume${held}` : "Pause";
  }

  private clear(): void {
    this.entries.length = 0;
    this.waiting = [];
    this.rows.clear();
    this.list.replaceChildren();
    this.showPaused();
  }

  /** Save all entries, filtered or not, as one JSON object a line. */
  private save(): void {
    const lines = this.entries.map((entry) => `${JSON.stringify(entry)}\n`);
    const url = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
    h("a", { href: url, download: `antiphon-${new Date().toISOString().replace(/[:.]/g, "-")}.jsonl` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

function factsOf(entry: Entry): string {
  const outcome = `${entry.code || ""} ${entry.note ?? ""}`.trim();
  return [
    entry.channel,
    entry.offset && `offset ${entry.offset}`,
    entry.size !== undefined && `${entry.size} B`,
    entry.ms !== undefined && `${Math.max(1, Math.round(entry.ms))} ms`,
    outcome,
  ]
    .filter(Boolean)
    .join(" · ");
}

function bodyOf(entry: Entry): HTMLElement {
  const parts = [entry.data, entry.answer].filter((part) => part !== undefined).map((part) => JSON.stringify(part, null, 2));
  const text = parts.join("\n\n") || factsOf(entry);
  return h("div", { class: "code" }, h("pre", { tabindex: 0 }, text), copyButton(() => text));
}

function matches(entry: Entry, wanted: string): boolean {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return true;
  const text = [SPOKEN[entry.way], entry.type, factsOf(entry), JSON.stringify(entry.data ?? "")].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function bytesOf(data: Json): number {
  return new TextEncoder().encode(JSON.stringify(data)).length;
}

function timeOf(time: Date): string {
  const part = (value: number, digits = 2): string => String(value).padStart(digits, "0");
  return `${part(time.getHours())}:${part(time.getMinutes())}:${part(time.getSeconds())}.${part(time.getMilliseconds(), 3)}`;
}
