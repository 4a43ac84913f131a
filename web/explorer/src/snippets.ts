/** Code to begin with, in every language of the SDKs, for one channel, call or message. Tokens are never in it. */

import { copyButton, h } from "./dom";
import type { Json } from "./contract";

/** What the code is to do. */
export interface Task {
  url: string;
  /** Subscribe to it; and publish `send` in it, where there is something. */
  channel?: string;
  /** Call it with `send`. */
  method?: string;
  /** An example, or undefined where nothing is sent. */
  send?: Json | undefined;
}

type Writer = (task: Task) => string;

const TOKEN = "TOKEN";

/** Show the code in the language that the reader has chosen last. */
export function snippets(task: Task): HTMLElement {
  const pre = h("pre", { tabindex: 0, "data-testid": "snippet" });
  const choice = h("select", { class: "input", "aria-label": "Language", "data-testid": "language" });
  choice.append(...Object.keys(LANGUAGES).map((name) => h("option", {}, name)));
  choice.value = localStorage.getItem("antiphon.language") ?? "JavaScript";
  if (!choice.value) choice.selectedIndex = 0;
  const show = (): void => {
    pre.textContent = LANGUAGES[choice.value]!(task);
    localStorage.setItem("antiphon.language", choice.value);
  };
  choice.addEventListener("change", show);
  show();
  return h("div", { class: "snippets" }, choice, h("div", { class: "code" }, pre, copyButton(() => pre.textContent ?? "")));
}

const LANGUAGES: Record<string, Writer> = {
  JavaScript: javascript,
  Swift: swift,
  Kotlin: kotlin,
  Dart: dart,
  Python: python,
  "Bare WebSocket": bare,
};

function lines(...parts: (string | false | undefined)[]): string {
  return parts.filter((part) => part !== false && part !== undefined).join("\n");
}

/** A string literal of JSON is one of JavaScript and Python, too. */
const quote = (text: string): string => JSON.stringify(text);

function javascript({ url, channel, method, send }: Task): string {
  const data = JSON.stringify(send ?? null, null, 2);
  return lines(
    `import { Centrifuge } from "centrifuge";`,
    ``,
    `const client = new Centrifuge(${quote(url)}, { token: ${quote(TOKEN)} });`,
    `client.connect();`,
    ``,
    channel && `const sub = client.newSubscription(${quote(channel)});`,
    channel && `sub.on("publication", ({ data, offset }) => console.log(offset, data));`,
    channel && `sub.subscribe();`,
    channel && send !== undefined && `await sub.publish(${data});`,
    method && `const { data } = await client.rpc(${quote(method)}, ${data});`,
    method && `console.log(data);`,
    !channel && !method && `client.on("message", ({ data }) => console.log(data));`,
    !channel && !method && send !== undefined && `await client.send(${data});`,
  );
}

function swift({ url, channel, method, send }: Task): string {
  const data = `Data(#"${JSON.stringify(send ?? null)}"#.utf8)`;
  return lines(
    `import Foundation`,
    `import SwiftCentrifuge`,
    ``,
    channel && `class Listener: CentrifugeSubscriptionDelegate {`,
    channel && `  func onPublication(_ sub: CentrifugeSubscription, _ event: CentrifugePublicationEvent) {`,
    channel && `    print(event.offset, String(decoding: event.data, as: UTF8.self))`,
    channel && `  }`,
    channel && `}`,
    channel && ``,
    `let config = CentrifugeClientConfig(token: ${quote(TOKEN)})`,
    `let client = CentrifugeClient(endpoint: ${quote(url)}, config: config)`,
    `client.connect()`,
    ``,
    channel && `let listener = Listener() // the subscription does not hold it`,
    channel && `let sub = try client.newSubscription(channel: ${quote(channel)}, delegate: listener)`,
    channel && `sub.subscribe()`,
    channel && send !== undefined && `sub.publish(data: ${data}) { result in print(result) }`,
    method && `client.rpc(method: ${quote(method)}, data: ${data}) { result in`,
    method && `  if case .success(let answer) = result { print(String(decoding: answer.data, as: UTF8.self)) }`,
    method && `}`,
    !channel && !method && `client.send(data: ${data}) { error in print(error as Any) }`,
  );
}

function kotlin({ url, channel, method, send }: Task): string {
  const text = (value: string): string => quote(value).replaceAll("$", "\\$");
  const data = `${text(JSON.stringify(send ?? null))}.toByteArray()`;
  return lines(
    `import io.github.centrifugal.centrifuge.*`,
    ``,
    `val options = Options().apply { token = ${text(TOKEN)} }`,
    `val client = Client(${text(url)}, options, object : EventListener() {${channel || method ? "})" : ""}`,
    !channel && !method && `    override fun onMessage(client: Client, event: MessageEvent) = println(String(event.data))`,
    !channel && !method && `})`,
    `client.connect()`,
    ``,
    channel && `val sub = client.newSubscription(${text(channel)}, object : SubscriptionEventListener() {`,
    channel && `    override fun onPublication(sub: Subscription, event: PublicationEvent) =`,
    channel && `        println("\${event.offset} \${String(event.data)}")`,
    channel && `})`,
    channel && `sub.subscribe()`,
    channel && send !== undefined && `sub.publish(${data}) { error, _ -> println(error ?: "published") }`,
    method && `client.rpc(${text(method)}, ${data}) { error, answer ->`,
    method && `    println(error ?: String(answer!!.data))`,
    method && `}`,
    !channel && !method && `client.send(${data}) { error -> println(error ?: "sent") }`,
  );
}

function dart({ url, channel, method, send }: Task): string {
  const text = (value: string): string => quote(value).replaceAll("$", "\\$");
  const data = `utf8.encode(${text(JSON.stringify(send ?? null))})`;
  return lines(
    `import 'dart:convert';`,
    `import 'package:centrifuge/centrifuge.dart' as centrifuge;`,
    ``,
    `final config = centrifuge.ClientConfig(token: ${text(TOKEN)});`,
    `final client = centrifuge.createClient(${text(url)}, config);`,
    !channel && !method && `client.message.listen((event) => print(utf8.decode(event.data)));`,
    `await client.connect();`,
    ``,
    channel && `final sub = client.newSubscription(${text(channel)});`,
    channel && `sub.publication.listen((event) => print('\${event.offset} \${utf8.decode(event.data)}'));`,
    channel && `await sub.subscribe();`,
    channel && send !== undefined && `await sub.publish(${data});`,
    method && `final answer = await client.rpc(${text(method)}, ${data});`,
    method && `print(utf8.decode(answer.data));`,
    !channel && !method && `await client.send(${data});`,
  );
}

function python({ url, channel, method, send }: Task): string {
  const data = pythonic(send ?? null);
  return lines(
    `import asyncio`,
    ``,
    `from centrifuge import Client${channel ? ", PublicationContext, SubscriptionEventHandler" : ""}`,
    ``,
    channel && ``,
    channel && `class Listener(SubscriptionEventHandler):`,
    channel && `    async def on_publication(self, ctx: PublicationContext) -> None:`,
    channel && `        print(ctx.pub.offset, ctx.pub.data)`,
    channel && ``,
    ``,
    `async def main() -> None:`,
    `    client = Client(${quote(url)}, token=${quote(TOKEN)})`,
    `    await client.connect()`,
    channel && `    sub = client.new_subscription(${quote(channel)}, events=Listener())`,
    channel && `    await sub.subscribe()`,
    channel && send !== undefined && `    await sub.publish(${data})`,
    method && `    answer = await client.rpc(${quote(method)}, ${data})`,
    method && `    print(answer.data)`,
    !channel && !method && `    # This SDK has no one-way messages; any other has.`,
    channel && `    await asyncio.Event().wait()`,
    ``,
    ``,
    `asyncio.run(main())`,
  );
}

function pythonic(value: Json): string {
  if (value === null || typeof value === "boolean") return { null: "None", true: "True", false: "False" }[String(value)]!;
  if (Array.isArray(value)) return `[${value.map(pythonic).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, part]) => `${quote(key)}: ${pythonic(part)}`).join(", ")}}`;
}

function bare({ url, channel, method, send }: Task): string {
  const line = (id: number, command: Record<string, unknown>): string => `→ ${JSON.stringify({ id, ...command })}`;
  return lines(
    `# One JSON object a message: → you send, ← you get.`,
    `# Answer every {} (a ping) with {}.`,
    `wscat --connect ${quote(url)}`,
    ``,
    line(1, { connect: { token: TOKEN } }),
    `← {"id":1,"connect":{"client":"…","ping":25,"pong":true}}`,
    channel && line(2, { subscribe: { channel } }),
    channel && `← {"id":2,"subscribe":{}}`,
    channel && `← {"push":{"channel":${quote(channel)},"pub":{"data":…}}}`,
    channel && send !== undefined && line(3, { publish: { channel, data: send } }),
    channel && send !== undefined && `← {"id":3,"publish":{}}`,
    method && line(2, { rpc: { method, data: send } }),
    method && `← {"id":2,"rpc":{"data":…}}`,
    !channel && !method && send !== undefined && `→ ${JSON.stringify({ send: { data: send } })}`,
    !channel && !method && `← {"push":{"message":{"data":…}}}`,
  );
}
