// The forms in which every case is run: a way to connect, and the language that is spoken there.
//
// The cases are written once, with payloads that are values of JSON. Where payloads travel as bytes,
// a client here sends a value's text, and gives back the value of what it gets.

import { Centrifuge } from "centrifuge";
import { Centrifuge as ProtobufCentrifuge } from "centrifuge/build/protobuf";
import { EventSource } from "eventsource";
import WebSocket from "ws";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const textOf = (value) => encoder.encode(JSON.stringify(value));

/** What the SDK gave, with the value of each payload in it; the value of no bytes is undefined. */
function valuesIn(given) {
  if (given instanceof Uint8Array) return given.length ? JSON.parse(decoder.decode(given)) : undefined;
  if (Array.isArray(given)) return given.map(valuesIn);
  if (given === null || typeof given !== "object" || given instanceof Error) return given;
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, valuesIn(value)]));
}

class ValueCentrifuge extends ProtobufCentrifuge {
  rpc(method, data) {
    return super.rpc(method, textOf(data)).then(valuesIn);
  }

  publish(channel, data) {
    return super.publish(channel, textOf(data));
  }

  send(data) {
    return super.send(textOf(data));
  }

  history(channel, options) {
    return super.history(channel, options).then(valuesIn);
  }

  presence(channel) {
    return super.presence(channel).then(valuesIn);
  }
}

/** A language: the SDK's client for it, and what is made of the contexts of that client's events. */
const LANGUAGES = {
  json: { Client: Centrifuge, read: (context) => context },
  protobuf: { Client: ValueCentrifuge, read: valuesIn },
};

/** Protobuf with payloads that are what they are. */
export const BYTES = { Client: ProtobufCentrifuge, read: (context) => context };

/** A form by its name; "sse-json" has `transport` "sse" and `language` JSON. */
export function formOf(name) {
  const [transport, language] = name.split("-");
  return { name, transport, language: LANGUAGES[language] };
}

/** The form that the cases of this process have. */
export const form = formOf(process.env.ANTIPHON_FORM ?? "websocket-json");

/** Options for a case that only some forms have: those with one of `parts` in their names. */
export function only(...parts) {
  const has = form.name.split("-").some((part) => parts.includes(part));
  return { skip: has ? false : `about ${parts.join(" and ")} alone` };
}

/** Where a transport is served. */
export function endpointOf(transport, port) {
  const scheme = transport === "websocket" ? "ws" : "http";
  return `${scheme}://127.0.0.1:${port}/connection/${transport}`;
}

/** What a client of the SDK is made with: the first argument, and options, for some transports. */
export function reaching(port, transports) {
  const endpoints = transports.map((name) => ({ transport: name, endpoint: endpointOf(name, port) }));
  const options = {
    websocket: WebSocket,
    eventsource: EventSource,
    fetch: inOrder(),
    emulationEndpoint: `http://127.0.0.1:${port}/emulation`,
  };
  return [transports.join() === "websocket" ? endpoints[0].endpoint : endpoints, options];
}

/** A fetch that waits for each answer before the next request.
 *
 * The SDK does not wait, and what leaves at once may arrive in any order. A case whose steps depend on
 * one another needs them in order, as any WebSocket has them.
 */
function inOrder() {
  let last = Promise.resolve();
  return (url, options) => {
    const answer = last.then(() => fetch(url, options));
    last = answer.catch(() => {});
    return answer;
  };
}
