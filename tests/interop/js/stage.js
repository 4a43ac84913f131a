// What the cases share: the served app, clients of it, a log of what they emit, a cable to cut.

import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { fileURLToPath } from "node:url";

import { Centrifuge } from "centrifuge";
import WebSocket from "ws";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PYTHON = process.env.ANTIPHON_PYTHON ?? `${ROOT}/.venv/bin/python`;
const SECRET = "known to the tests of this folder alone";
const PATIENCE = 10_000;

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

/** Relays TCP to a port of the loopback, until it is cut. While cut, it drops at once. */
export class Proxy {
  static async to(upstream) {
    const proxy = new Proxy(upstream);
    proxy.listener.listen(0, "127.0.0.1");
    await once(proxy.listener, "listening");
    proxy.port = proxy.listener.address().port;
    return proxy;
  }

  constructor(upstream) {
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
        socket.pipe(other);
      }
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

  static of(emitter, events) {
    const log = new Log();
    for (const event of events) emitter.on(event, (context) => log.add(event, context));
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

/** A client, with its log as `log`; it reconnects without much ado. */
export function client(port, options = {}) {
  const made = new Centrifuge(`ws://127.0.0.1:${port}/connection/websocket`, {
    websocket: WebSocket,
    token: token(),
    minReconnectDelay: 20,
    maxReconnectDelay: 100,
    ...options,
  });
  made.log = Log.of(made, CLIENT_EVENTS);
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
  made.log = Log.of(made, SUBSCRIPTION_EVENTS);
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
