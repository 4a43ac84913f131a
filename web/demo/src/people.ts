/** Who is here: presence asked once, then kept by joins and leaves. */

import type { ClientInfo } from "centrifuge";
import { initial, need, stamp, tint } from "./page";

export class People {
  readonly #list = need("people", HTMLUListElement);
  readonly #count = need("people-count", HTMLElement);
  readonly #users = new Map<string, string>(); // connection -> user
  readonly #me: string;

  constructor(me: string) {
    this.#me = me;
  }

  /** Start anew from the answer to a presence call, or from nobody. */
  reset(clients: Record<string, ClientInfo> = {}): void {
    this.#users.clear();
    for (const info of Object.values(clients)) this.#users.set(info.client, info.user);
    this.#show();
  }

  /** Whether this user was not here before. */
  join(info: ClientInfo): boolean {
    const known = this.#has(info.user);
    this.#users.set(info.client, info.user);
    this.#show();
    return !known;
  }

  /** Whether this was the user's last connection. */
  leave(info: ClientInfo): boolean {
    const known = this.#users.delete(info.client);
    this.#show();
    return known && !this.#has(info.user);
  }

  #has(user: string): boolean {
    return [...this.#users.values()].includes(user);
  }

  #show(): void {
    const names = [...new Set(this.#users.values())].sort((a, b) => a.localeCompare(b));
    this.#list.replaceChildren(...names.map((name) => this.#render(name)));
    this.#count.textContent = names.length === 0 ? "" : `${names.length} here`;
  }

  #render(name: string): HTMLElement {
    const item = stamp("person", { name, initial: initial(name) });
    item.toggleAttribute("data-me", name === this.#me);
    tint(item, name);
    return item;
  }
}
