/** Who is typing right now, in words, for as long as they go on. */

import { need } from "./page";

const LASTS = 3500;

export class TypingLine {
  readonly #line = need("typing", HTMLElement);
  readonly #text = need("typing-text", HTMLElement);
  readonly #timers = new Map<string, number>();

  /** `name` has just typed. */
  saw(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, window.setTimeout(() => this.stopped(name), LASTS));
    this.#show();
  }

  /** `name` has finished: the message is there, or too much time went by. */
  stopped(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
    this.#show();
  }

  clear(): void {
    for (const name of [...this.#timers.keys()]) this.stopped(name);
  }

  #show(): void {
    const names = [...this.#timers.keys()];
    this.#line.toggleAttribute("data-active", names.length > 0);
    this.#text.textContent = inWords(names);
  }
}

function inWords([first, second, ...more]: string[]): string {
  if (!first) return "";
  if (!second) return `${first} is typing`;
  return more.length > 0 ? "Several people are typing" : `${first} and ${second} are typing`;
}
