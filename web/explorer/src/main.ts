/** The explorer: what an app declares, and a connection to try it with. */

import "./style.css";
import { channelView } from "./channel";
import { Contents } from "./contents";
import type { Context, View } from "./context";
import { fetchContract, TokenNeeded, type Contract } from "./contract";
import { h, need } from "./dom";
import { Link } from "./link";
import { Log } from "./log";
import { messagesView, methodView } from "./method";
import { overview, reference } from "./reference";
import { keptToken, TokenDialog } from "./token";

const SAYS: Record<string, string> = { connected: "Online", connecting: "Connecting…", disconnected: "Offline" };

const main = need("main", HTMLElement);
let context: Context | undefined;
let view: View | undefined;

/** The view that a fragment leads to. */
function viewAt(at: Context, fragment: string): View {
  const [kind, key] = fragment.replace(/^#\/?/, "").split("/");
  const channel = kind === "channel" && at.contract.channels?.find((one) => one.key === key);
  if (channel) return channelView(at, channel);
  const method = kind === "call" && at.contract.methods?.find((one) => one.key === key);
  if (method) return methodView(at, method);
  if (kind === "messages") return messagesView(at);
  return kind === "reference" ? reference(at) : overview(at);
}

/** The part of a fragment that names the view: an event within it only scrolls. */
const viewOf = (fragment: string): string => fragment.split("/").slice(0, fragment.startsWith("#/channel") ? 3 : 2).join("/");

function offerNavigation(at: Context): void {
  const contents = new Contents(at.contract);
  let shown = "";
  const go = (): void => {
    const fragment = location.hash || "#/";
    contents.at(fragment);
    if (shown !== viewOf(fragment)) show(viewAt(at, fragment));
    shown = viewOf(fragment);
    showView("docs");
    reveal(fragment.slice(shown.length + 1));
  };
  window.addEventListener("hashchange", go);
  go();
}

function show(next: View): void {
  view = next;
  document.title = `${next.title} · ${context?.contract.title ?? "Antiphon"}`;
  main.replaceChildren(next.element);
  main.scrollTop = 0;
}

/** Open and show the event with this way and name: `send/Order`. */
function reveal(event: string): void {
  const cards = [...main.querySelectorAll<HTMLDetailsElement>("[data-event]")];
  const card = cards.find(({ dataset }) => `${dataset["way"]}/${dataset["event"]}` === event);
  if (!card) return;
  card.open = true;
  card.scrollIntoView();
}

/** On a narrow screen one of the three is shown at a time. */
function showView(name: string): void {
  document.body.dataset["view"] = name;
  for (const button of document.querySelectorAll<HTMLElement>("[data-view-button]")) {
    button.setAttribute("aria-pressed", String(button.dataset["viewButton"] === name));
  }
}

function offerConnection({ link }: Context): void {
  const button = need("connect", HTMLButtonElement);
  const showState = (): void => {
    need("pill", HTMLElement).dataset["state"] = link.state;
    need("pill-text", HTMLElement).textContent = SAYS[link.state] ?? link.state;
    button.textContent = link.state === "disconnected" ? "Connect" : "Disconnect";
    view?.refresh?.();
  };
  button.addEventListener("click", () => (link.state === "disconnected" ? link.connect() : link.disconnect()));
  link.onChange(showState);
  showState();
}

function start(contract: Contract, token: string): void {
  need("title", HTMLElement).textContent = contract.title;
  need("version", HTMLElement).textContent = contract.version;
  context = { contract, link: new Link(contract, new Log(), token) };
  dialog.explain(contract);
  offerConnection(context);
  offerNavigation(context);
  document.body.dataset["phase"] = "ready";
}

const dialog = new TokenDialog(async (token) => {
  if (context) return context.link.authorize(token);
  start(await fetchContract(token), token);
});

function refuse(error: unknown): void {
  const asked = error instanceof TokenNeeded;
  const text = asked ? "Its documentation is for those who may connect to it." : (error as Error).message;
  const button = h("button", { class: "button primary", type: "button", onclick: () => dialog.open() }, "Authorize");
  main.replaceChildren(h("article", { class: "refused" }, h("h1", {}, asked ? "This app asks who you are" : "This did not work"), h("p", {}, text), asked && button));
  document.body.dataset["phase"] = "refused";
  if (asked) dialog.open();
}

for (const button of document.querySelectorAll<HTMLElement>("[data-view-button]")) {
  button.addEventListener("click", () => showView(button.dataset["viewButton"]!));
}
need("skip", HTMLAnchorElement).addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
const token = keptToken();
try {
  start(await fetchContract(token), token);
} catch (error) {
  refuse(error);
}
