/** The live feed: one channel per share and per match, each of which keeps its last value. */

import type { Centrifuge, Subscription } from "centrifuge";
import type { Contents, Quote, Score } from "./events";
import { need, slot, stamp } from "./page";
import { Sparkline } from "./sparkline";

// Subscribing from the very beginning makes the channel's cache give us its last value at once.
const FROM_THE_START = { recoverable: true, since: { offset: 0, epoch: "" } };

const price = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Show what the feed holds, and keep it up to date. */
export function offerFeed(link: Centrifuge): void {
  link.once("connected", async () => {
    const contents = (await link.rpc("feed.contents", {})).data as Contents;
    need("quotes", HTMLUListElement).replaceChildren(...contents.symbols.map((share) => followQuote(link, share)));
    need("scores", HTMLUListElement).replaceChildren(...contents.matches.map((match) => followScore(link, match)));
  });
}

function follow(link: Centrifuge, channel: string, item: HTMLElement): Subscription {
  const subscription = link.newSubscription(channel, FROM_THE_START);
  subscription.on("state", ({ newState }) => item.toggleAttribute("data-stale", newState !== "subscribed"));
  subscription.subscribe();
  return subscription;
}

function followQuote(link: Centrifuge, { symbol, name }: Contents["symbols"][number]): HTMLElement {
  const item = stamp("quote", { symbol, name });
  item.dataset["symbol"] = symbol;
  const sparkline = new Sparkline(item.querySelector("svg")!);
  let last = 0;
  follow(link, `quotes:${symbol}`, item).on("publication", ({ data }) => {
    const quote = data as Quote;
    slot(item, "price").textContent = price.format(quote.price);
    slot(item, "change").textContent = inPerCent(quote.change);
    item.dataset["trend"] = quote.change < 0 ? "down" : "up";
    sparkline.add(quote.price);
    if (last !== 0) flash(slot(item, "price"), quote.price < last ? "down" : "up");
    last = quote.price;
  });
  return item;
}

function followScore(link: Centrifuge, { match, home, away }: Contents["matches"][number]): HTMLElement {
  const item = stamp("score", { "home-team": home, "away-team": away });
  item.dataset["match"] = match;
  follow(link, `scores:${match}`, item).on("publication", ({ data }) => {
    const score = data as Score;
    slot(item, "minute").textContent = `${score.minute}′`;
    slot(item, "news").textContent = score.news;
    setGoals(slot(item, "home"), score.home);
    setGoals(slot(item, "away"), score.away);
  });
  return item;
}

function setGoals(element: HTMLElement, goals: number): void {
  const before = element.textContent;
  element.textContent = String(goals);
  if (before !== "–" && before !== element.textContent) flash(element, "up");
}

function inPerCent(change: number): string {
  const sign = change < 0 ? "▼" : "▲";
  return `${sign} ${Math.abs(change).toFixed(2)} %`;
}

function flash(element: HTMLElement, direction: "up" | "down"): void {
  element.dataset["flash"] = direction;
  for (const animation of element.getAnimations()) {
    animation.cancel();
    animation.play();
  }
}
