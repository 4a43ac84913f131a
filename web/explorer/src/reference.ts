/** What holds for the whole app: where to connect, who one is, codes and limits. */

import { to, type Context, type View } from "./context";
import { socketUrl, type Code, type Contract } from "./contract";
import { h, inline, prose } from "./dom";

/** Show the first page. */
export function overview({ contract }: Context): View {
  const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? "" : "s"}`;
  const numbers = [
    count(contract.channels?.length ?? 0, "channel"),
    count(Object.keys(contract.events ?? {}).length, "event"),
    count(contract.methods?.length ?? 0, "call"),
  ];
  const element = h(
    "article",
    {},
    h("p", { class: "eyebrow" }, `Version ${contract.version}`),
    h("h1", { "data-testid": "heading" }, contract.title),
    prose(contract.description, "prose lead"),
    h("p", { class: "muted" }, numbers.join(" · ")),
    h("section", {}, h("h2", { class: "rubric" }, "Where"), whereTable(contract)),
    h("section", {}, h("h2", { class: "rubric" }, "Who you are"), schemes(contract)),
    h("section", {}, h("h2", { class: "rubric" }, "Read on"), ...elsewhere()),
  );
  return { title: contract.title, element };
}

function whereTable(contract: Contract): HTMLElement {
  const base = socketUrl(contract).replace(/\/connection\/websocket$/, "");
  const rows = (contract.transports ?? []).map(({ name, protocol, path }) => {
    const url = protocol === "ws" ? base + path : base.replace(/^ws/, "http") + path;
    return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, h("code", {}, url)));
  });
  return h("table", { class: "plain" }, h("tbody", {}, ...rows));
}

/** The ways to say who one is. */
export function schemes(contract: Contract): HTMLElement {
  const items = (contract.auth ?? []).map(({ name, description }) => h("li", {}, h("code", {}, name), " ", ...inline(description)));
  return h("ul", { class: "facts-list" }, ...items);
}

function elsewhere(): HTMLElement[] {
  return [
    h("p", {}, h("a", { href: to.reference }, "Error codes, close codes and limits")),
    h("p", {}, h("a", { href: "asyncapi.json" }, "asyncapi.json"), ", ", h("a", { href: "asyncapi.yaml" }, "asyncapi.yaml"), ": the same for programs"),
  ];
}

/** Show codes and limits. */
export function reference({ contract }: Context): View {
  const element = h(
    "article",
    {},
    h("p", { class: "eyebrow" }, "Reference"),
    h("h1", { "data-testid": "heading" }, "Codes and limits"),
    codes("Errors that answer a command", contract.errors, "try again"),
    codes("Codes that end a connection", contract.closes, "reconnect"),
    codes("Codes that end a subscription", contract.unsubscribes, "subscribe again"),
    h("section", {}, h("h2", { class: "rubric" }, "Limits"), limits(contract)),
  );
  return { title: "Codes and limits", element };
}

function codes(title: string, list: Code[] | undefined, again: string): HTMLElement | null {
  if (!list?.length) return null;
  const rows = list.map((code) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", class: "figure" }, code.number),
      h("td", {}, code.text, code.again && h("span", { class: "constraint" }, again)),
      h("td", {}, ...inline(code.meaning ?? "")),
    ),
  );
  return h("section", {}, h("h2", { class: "rubric" }, title), h("table", { class: "plain" }, h("tbody", {}, ...rows)));
}

function limits(contract: Contract): HTMLElement {
  const rows = Object.entries(contract.limits ?? {}).map(([name, value]) =>
    h("tr", {}, h("th", { scope: "row" }, name.replaceAll("_", " ")), h("td", { class: "figure" }, value.toLocaleString("en"))),
  );
  return h("table", { class: "plain" }, h("tbody", {}, ...rows));
}
