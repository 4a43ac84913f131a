import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import WebSocket from "ws";

import {
  Log, Server, connected, disconnectAll, heard, only, say, subscribe,
} from "./stage.js";

let server;
let compressing;
before(async () => {
  server = await Server.start();
  compressing = await Server.start({ compression: 6 });
});
afterEach(disconnectAll);
after(() => Promise.all([server.stop(), compressing.stop()]));

const LARGE = "Anträge, 対話, חזון, \u{1f3b6}\u{1f469}\u{200d}\u{1f3a4} and \"quotes\\\n\u2028\u0001".repeat(700);
const TOO_LARGE = "x".repeat(200_000);

test("calls methods", async () => {
  const alice = await connected(server.port, { fetch }); // all calls at once, in whatever order
  const calls = Array.from({ length: 20 }, (_, index) => alice.rpc("sum", [index, 1]));
  const results = (await Promise.all(calls)).map(({ data }) => data);
  assert.deepEqual(results, Array.from({ length: 20 }, (_, index) => index + 1));
});

test("calls that fail reject with the server's code", async () => {
  const alice = await connected(server.port);
  await assert.rejects(alice.rpc("buy", null), { code: 1234, message: "out of stock" });
  await assert.rejects(alice.rpc("sell", null), { code: 104 });
  await assert.rejects(alice.rpc("sum", ["one"]), { code: 107, message: /\[0\]: .*int/ });
  assert.deepEqual(await alice.rpc("sum", [1]), { data: 1 });
});

test("a call made before it is connected is kept", async () => {
  const alice = await connected(server.port);
  alice.disconnect();
  alice.connect();
  assert.deepEqual(await alice.rpc("sum", [2, 2]), { data: 4 });
});

test("sends one-way messages and gets messages", async () => {
  const alice = await connected(server.port);
  await alice.send({ type: "nudge", text: "hey" });
  assert.deepEqual((await alice.log.next("message")).data, { type: "notice", text: "hey" });
  await alice.rpc("notify", "you");
  assert.deepEqual((await alice.log.next("message")).data, { type: "notice", text: "you" });
});

test("a one-way message that is wrong costs nothing", async () => {
  const alice = await connected(server.port);
  await alice.send({ type: "shove" });
  assert.deepEqual(await alice.rpc("sum", []), { data: 0 });
  assert.deepEqual(alice.log.rest("error"), []);
});

test("a message that is too large is final", only("websocket"), async () => {
  const alice = await connected(server.port);
  alice.rpc("echo", TOO_LARGE).catch(() => {});
  assert.equal((await alice.log.next("disconnected")).code, 3);
});

test("a request that is too large costs that alone", only("http_stream", "sse"), async () => {
  const answers = new Log();
  const posting = async (url, options) => {
    const answer = await fetch(url, options);
    answers.add("status", answer.status);
    return answer;
  };
  const alice = await connected(server.port, { fetch: posting });
  const lost = assert.rejects(alice.rpc("echo", TOO_LARGE));
  while ((await answers.next("status")) !== 413);
  assert.deepEqual(await alice.rpc("sum", [1, 2]), { data: 3 });
  assert.deepEqual(alice.log.rest("connecting").length, 1);
  alice.disconnect();
  await lost;
});

async function exchange(alice) {
  const room = subscribe(alice, "room:large");
  await room.log.next("subscribed");
  assert.equal((await alice.rpc("echo", LARGE)).data, LARGE);
  await room.publish({ type: "said", text: LARGE });
  await say(alice, "room:large", "small", LARGE);
  assert.deepEqual(await heard(room.log, 3), [LARGE, "small", LARGE]);
  const { publications } = await room.history({ limit: -1 });
  assert.equal(publications.at(-1).data.text, LARGE);
}

test("large texts of every script arrive as they are", async () => {
  await exchange(await connected(server.port));
});

test("large texts arrive as they are when they are compressed", only("websocket"), async () => {
  let socket;
  class Watched extends WebSocket {
    constructor(...options) {
      super(...options);
      socket = this;
    }
  }
  const alice = await connected(compressing.port, { websocket: Watched });
  assert.equal(socket.extensions, "permessage-deflate");
  await exchange(alice);
});
