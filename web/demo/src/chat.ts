/** One room at a time: its history on entry, what is said from then on, and what was missed. */

import { type Centrifuge, type PublicationContext, State, type SubscribedContext, type Subscription } from "centrifuge";
import type { IAmTyping, RoomEvent, Said, SayIt } from "./events";
import { Log } from "./log";
import { need } from "./page";
import { People } from "./people";
import { TypingLine } from "./typing";

const TYPING_EVERY = 2000;
const HISTORY = 100;

export class Chat {
  readonly #link: Centrifuge;
  readonly #me: string;
  readonly #log: Log;
  readonly #people: People;
  readonly #typingLine = new TypingLine();
  readonly #input = need("text", HTMLInputElement);
  #room: Subscription | null = null;
  #catchingUp = false;
  #typedAt = -Infinity;

  constructor(link: Centrifuge, me: string) {
    this.#link = link;
    this.#me = me;
    this.#log = new Log(me);
    this.#people = new People(me);
    this.#offerComposer();
    link.on("state", () => this.#showReadiness());
  }

  /** Leave the room we are in, and go to this one. */
  enter(name: string): void {
    this.#room?.unsubscribe();
    this.#link.removeSubscription(this.#room);
    this.#log.clear();
    this.#people.reset();
    this.#typingLine.clear();
    need("room-name", HTMLElement).textContent = name;
    this.#room = this.#link.newSubscription(`chat:${name}`, { recoverable: true, joinLeave: true });
    this.#listen(this.#room);
    this.#room.subscribe();
  }

  #listen(room: Subscription): void {
    room.on("subscribed", (context) => void this.#arrived(room, context));
    room.on("subscribing", () => {
      this.#people.reset();
      this.#typingLine.clear();
    });
    room.on("state", () => this.#showReadiness());
    room.on("unsubscribed", ({ code, reason }) => {
      if (code > 0) this.#log.note(`This room is closed to you: ${reason}`, "lost");
    });
    room.on("publication", (context) => this.#received(context));
    room.on("join", ({ info }) => {
      if (this.#people.join(info) && info.user !== this.#me) this.#log.note(`${info.user} came in`);
    });
    room.on("leave", ({ info }) => {
      if (this.#people.leave(info) && info.user !== this.#me) this.#log.note(`${info.user} left`);
    });
  }

  async #arrived(room: Subscription, context: SubscribedContext): Promise<void> {
    // What was missed follows at once, before anything else can run: see the SDK's _setSubscribed.
    this.#catchingUp = context.hasRecoveredPublications;
    if (this.#catchingUp) this.#log.note("While you were away", "away");
    queueMicrotask(() => (this.#catchingUp = false));
    if (context.wasRecovering && !context.recovered) {
      this.#log.clear(); // its offsets may belong to a stream that is no more
      this.#log.note("Some of what was said is gone", "lost");
    }
    try {
      this.#people.reset((await room.presence()).clients);
      if (!context.recovered) await this.#showHistory(room);
      this.#log.settle();
    } catch {
      return; // The connection went while we asked; the next "subscribed" asks again.
    }
  }

  async #showHistory(room: Subscription): Promise<void> {
    const { publications } = await room.history({ limit: HISTORY });
    if (room !== this.#room) return;
    for (const { offset, data } of publications) {
      this.#log.add(offset ?? 0, data as Said);
    }
  }

  #received({ data, offset }: PublicationContext): void {
    const event = data as RoomEvent;
    switch (event.type) {
      case "said":
        this.#typingLine.stopped(event.name);
        this.#log.add(offset ?? 0, event, this.#catchingUp);
        break;
      case "typing":
        this.#typingLine.saw(event.name);
        break;
    }
  }

  #offerComposer(): void {
    need("composer", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#say(this.#input.value.trim());
    });
    this.#input.addEventListener("input", () => {
      const now = performance.now();
      if (!this.#input.value || !this.#isReady() || now - this.#typedAt < TYPING_EVERY) return;
      this.#typedAt = now;
      const event: IAmTyping = { type: "typing" };
      this.#room?.publish(event).catch(() => undefined); // nobody misses it
    });
  }

  async #say(text: string): Promise<void> {
    if (!text || !this.#isReady()) return;
    this.#input.value = "";
    this.#typedAt = -Infinity;
    try {
      const event: SayIt = { type: "said", text };
      await this.#room?.publish(event);
    } catch (error) {
      this.#input.value ||= text;
      this.#log.note(`Not sent: ${(error as Error).message}`, "lost");
    }
  }

  #isReady(): boolean {
    return this.#link.state === State.Connected && this.#room?.state === "subscribed";
  }

  #showReadiness(): void {
    const isReady = this.#isReady();
    need("send", HTMLButtonElement).disabled = !isReady;
    need("away-banner", HTMLElement).hidden = this.#link.state === State.Connected;
  }
}
