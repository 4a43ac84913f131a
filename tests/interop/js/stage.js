// What the cases share: the served app, clients of it, a log of what they emit, a cable to cut.

import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { fileURLToPath } from "node:url";

import { form, reaching } from "./forms.js";

export { BYTES, form, formOf, only } from "./forms.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PYTHON = process.env.ANTIPHON_PYTHON ?? `${ROOT}/.venv/bin/python`;
const SECRET = "known to the tests of this folder alone";
const PATIENCE = 20_000;
const LOST = 1; // the SDK's code for a connection that ended without a word

/** Serves the app in a process of its own. */
export class Server {
  static async start({ compression = 0 } = {}) {
    const child = spawn(PYTHON, ["-m", "tests.interop.app", `--compression=${compression}`], {
      cwd: ROOT,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [line] = await once(child.stdout, "data");
    return new Server(child, Number(line.toString()));
  }

  constructor(child, port) {
    this.child = child;
    this.port = port;
  }

  /** Lets it say farewell to its clients. */
  async stop() {
    this.child.stdin.end();
    if (this.child.exitCode === null) await once(this.child, "exit");
  }
}

const FORBIDDEN = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/** Relays TCP to a port of the loopback, until it is cut. While cut, it drops at once.
 *
 * Requests whose head matches `refused` it answers itself: there are proxies that let no WebSocket pass.
 */
export class Proxy {
  static async to(upstream, refused = /^$/) {
    const proxy = new Proxy(upstream, refused);
    proxy.listener.listen(0, "127.0.0.1");
    await once(proxy.listener, "listening");
    proxy.port = proxy.listener.address().port;
    proxy.listener.unref(); // a case that fails closes nothing
    return proxy;
  }

  constructor(upstream, refused) {
    this.upstream = upstream;
    this.isCut = false;
    this.sockets = new Set();
    this.listener = net.createServer((near) => {
      if (this.isCut) return near.destroy();
      const far = net.connect(this.upstream, "127.0.0.1");
      for (const [socket, other] of [[near, far], [far, near]]) {
        this.sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => other.destroy());
      }
      near.on("data", (data) => (refused.test(data.toString("latin1")) ? near.end(FORBIDDEN) : far.write(data)));
      near.on("end", () => far.end());
      far.pipe(near);
    });
  }

  cut() {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  mend() {
    this.isCut = false;
  }

  close() {
    this.cut();
    this.listener.close();
  }
}

/** Keeps what happens, by event, until it is asked for. */
export class Log {
  kept = new Map();
  waiting = new Map();

  static of(emitter, events, read) {
    const log = new Log();
    for (const event of events) emitter.on(event, (context) => log.add(event, read(context)));
    return log;
  }

  add(event, context) {
    const resolve = this.waiting.get(event)?.shift();
    if (resolve) return resolve(context);
    if (!this.kept.has(event)) this.kept.set(event, []);
    this.kept.get(event).push(context);
  }

  /** The next one of an event; waits for it. */
  next(event) {
    if (this.kept.get(event)?.length) return Promise.resolve(this.kept.get(event).shift());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no "${event}" came`)), PATIENCE);
      if (!this.waiting.has(event)) this.waiting.set(event, []);
      this.waiting.get(event).push((context) => {
        clearTimeout(timer);
        resolve(context);
      });
    });
  }

  /** The next ones, in the order in which they came. */
  async some(event, count) {
    const found = [];
    while (found.length < count) found.push(await this.next(event));
    return found;
  }

  /** What has come of an event and was not asked for. */
  rest(event) {
    return this.kept.get(event) ?? [];
  }
}

const CLIENT_EVENTS = [
  "connecting", "connected", "disconnected", "message", "error",
  "subscribing", "subscribed", "unsubscribed", "publication", "join", "leave",
];
const SUBSCRIPTION_EVENTS = CLIENT_EVENTS.slice(4);

const open = [];

/** A client, with its log as `log`; it reconnects without much ado.
 *
 * `as` says in which form it connects, if not in that of the case; `transports` what it tries.
 */
export function client(port, { as = form, transports = [as.transport], ...options } = {}) {
  const { Client, read } = as.language;
  const [endpoint, means] = reaching(port, transports);
  const made = new Client(endpoint, {
    ...means,
    token: token(),
    timeout: PATIENCE,
    minReconnectDelay: 20,
    maxReconnectDelay: 100,
    ...options,
  });
  made.read = read;
  made.log = Log.of(made, CLIENT_EVENTS, read);
  open.push(made);
  return made;
}

/** A client that has connected. */
export async function connected(port, options = {}) {
  const made = client(port, options);
  made.connect();
  made.id = (await made.log.next("connected")).client;
  return made;
}

/** A subscription of a client, with its log as `log`, on its way. */
export function subscribe(to, channel, options = {}) {
  const made = to.newSubscription(channel, { minResubscribeDelay: 20, ...options });
  made.log = Log.of(made, SUBSCRIPTION_EVENTS, to.read);
  made.subscribe();
  return made;
}

/** Ends what a case has left open. */
export function disconnectAll() {
  for (const made of open.splice(0)) made.disconnect();
}

/** Has the server publish. */
export async function say(by, channel, ...texts) {
  await by.rpc("say", { channel, texts });
}

/** Cuts the cable of a client, does something meanwhile, and mends it. */
export async function meanwhile(cut, cable, work) {
  cable.cut();
  while ((await cut.log.next("connecting")).code !== LOST);
  await work();
  cable.mend();
  await cut.log.next("connected");
}

/** The texts of the next publications. */
export async function heard(log, count) {
  return (await log.some("publication", count)).map((publication) => publication.data.text);
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token signed here, independently of the server. */
export function token({ sub = "alice", ttl = 300, secret = SECRET, ...claims } = {}) {
  const exp = Date.now() / 1000 + ttl;
  const body = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, exp, ...claims })}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}
