/** Calls, and one-way messages outside channels. */

import { Composer, offer } from "./composer";
import { to, type Context, type View } from "./context";
import { eventOf, socketUrl, type Method, type Payload } from "./contract";
import { codeBlock, h, prose } from "./dom";
import { deprecation, eventList, heading } from "./event";
import { sample } from "./schema";
import { snippets } from "./snippets";
import { fieldsOf } from "./tables";

/** Show one RPC method. */
export function methodView({ contract, link }: Context, method: Method): View {
  const { request } = method;
  const example = request && (request.examples?.[0] ?? sample(contract, request.schema ?? {}));
  const composer = new Composer({
    contract,
    schema: request?.schema,
    example: example ?? null,
    tag: "",
    verb: `Call ${method.name}`,
    act: (data) => link.call(method.name, data),
  });
  const element = h(
    "article",
    {},
    h("p", { class: "eyebrow" }, "Call"),
    h("h1", { class: "address", "data-testid": "heading" }, method.name),
    deprecation(method.deprecated),
    prose(method.description, "prose lead"),
    h("section", {}, heading("send"), payload({ contract, link }, request), composer.element),
    h("section", {}, heading("receive"), payload({ contract, link }, method.response)),
    h("section", {}, h("h2", { class: "rubric" }, "In your code"), snippets({ url: socketUrl(contract), method: method.name, send: example ?? null })),
  );
  return { title: method.name, element };
}

function payload({ contract }: Context, declared: Payload | undefined): HTMLElement {
  if (!declared) return h("p", { class: "muted" }, "Nothing.");
  if (declared.opaque) return h("p", { class: "muted" }, "Bytes, handed through unseen.");
  const example = declared.examples?.[0];
  const shown = example === undefined ? null : h("details", { class: "nested" }, h("summary", {}, "Example"), codeBlock(JSON.stringify(example, null, 2)));
  return h("div", {}, fieldsOf(contract, declared.schema ?? {}), shown);
}

/** Show the one-way messages. */
export function messagesView({ contract, link }: Context): View {
  const composer = (name: string): HTMLElement => {
    const event = eventOf(contract, name);
    const make = (): Composer =>
      new Composer({
        contract,
        schema: contract.schemas?.[name],
        example: event.examples?.[0],
        tag: event.tag,
        verb: "Send",
        act: async (data) => void (await link.send(data)),
      });
    return offer(name ? `Send ${event.tag}` : "Send JSON", make);
  };
  const first = contract.accepts?.events?.[0];
  const send = first === undefined ? undefined : eventOf(contract, first).examples?.[0];
  const element = h(
    "article",
    {},
    h("p", { class: "eyebrow" }, "Outside channels"),
    h("h1", { class: "address", "data-testid": "heading" }, "Messages"),
    h("p", { class: "prose lead" }, "They go one way, and nothing answers them: a wrong one is dropped."),
    eventList(contract, "send", contract.accepts, to.messages, composer),
    contract.accepts?.opaque ? composer("") : null,
    eventList(contract, "receive", contract.sends, to.messages),
    h("section", {}, h("h2", { class: "rubric" }, "In your code"), snippets({ url: socketUrl(contract), send })),
  );
  return { title: "Messages", element };
}
