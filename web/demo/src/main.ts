/** The demo page: a login, then rooms with chat and a live feed, all over one connection. */

import "./style.css";
import { Chat } from "./chat";
import { offerFeed } from "./feed";
import { makeLink } from "./link";
import { forget, login } from "./login";
import { initial, need, slot, tint } from "./page";
import { offerRooms } from "./rooms";

/** On a narrow screen one of the two views is shown at a time. */
function offerViews(): void {
  const buttons = document.querySelectorAll<HTMLButtonElement>("[data-view-button]");
  const show = (view: string): void => {
    document.body.dataset["view"] = view;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset["viewButton"] === view));
  };
  for (const button of buttons) button.addEventListener("click", () => show(button.dataset["viewButton"]!));
  show("chat");
}

function showMe(name: string): void {
  const me = need("me", HTMLElement);
  slot(me, "name").textContent = name;
  slot(me, "initial").textContent = initial(name);
  tint(me, name);
  need("leave", HTMLButtonElement).addEventListener("click", () => {
    forget();
    location.reload();
  });
}

const person = await login();
document.body.dataset["phase"] = "live";
showMe(person.name);
offerViews();
const link = makeLink(person);
const chat = new Chat(link, person.name);
offerRooms((room) => chat.enter(room));
offerFeed(link);
link.connect();
need("text", HTMLInputElement).focus({ preventScroll: true });
