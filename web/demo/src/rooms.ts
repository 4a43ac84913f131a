/** Which room: chosen from a list, made by naming it, and kept in the address, to be shared. */

import { need, stamp } from "./page";

const FIRST = ["lobby", "choir-loft", "cloister"];
const KEPT = "antiphon.rooms";

/** A name that the address and the channel can carry: `Größe, Ton!` becomes `grosse-ton`. */
function toRoom(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .replaceAll("ß", "ss")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 32)
    .replace(/^-+|-+$/g, "");
}

/** Show the rooms, and call `enter` with each room that is chosen from now on. */
export function offerRooms(enter: (room: string) => void): void {
  const list = need("rooms", HTMLUListElement);
  const made = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]") as string[];
  const known = new Set([...FIRST, ...made]);

  const choose = (): void => {
    const room = toRoom(decodeURIComponent(location.hash)) || FIRST[0]!;
    known.add(room);
    sessionStorage.setItem(KEPT, JSON.stringify([...known]));
    list.replaceChildren(...[...known].map((name) => render(name, name === room)));
    list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    enter(room);
  };
  window.addEventListener("hashchange", choose);
  offerNewRoom();
  choose();
}

function render(name: string, isCurrent: boolean): HTMLElement {
  const item = stamp("room", { name });
  const link = item.querySelector("a")!;
  link.href = `#${name}`;
  if (isCurrent) link.setAttribute("aria-current", "page");
  return item;
}

function offerNewRoom(): void {
  const input = need("new-room-name", HTMLInputElement);
  need("new-room", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const room = toRoom(input.value);
    if (!room) return;
    location.hash = room;
    input.value = "";
    need("text", HTMLInputElement).focus();
  });
}
