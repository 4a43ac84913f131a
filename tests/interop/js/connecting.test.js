import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import {
  Log, Proxy, Server, client, connected, disconnectAll, form, only, say, subscribe, token,
} from "./stage.js";

let server;
before(async () => (server = await Server.start()));
afterEach(disconnectAll);
after(() => server.stop());

test("connects with a token", async () => {
  const alice = client(server.port);
  alice.connect();
  const context = await alice.log.next("connected");
  assert.match(context.client, /^[0-9a-f-]{36}$/);
  assert.equal(context.transport, form.transport);
  assert.deepEqual(await alice.rpc("sum", [1, 2]), { data: 3 });
});

test("disconnects and connects again", async () => {
  const alice = await connected(server.port);
  for (let round = 0; round < 10; round += 1) {
    alice.disconnect();
    assert.equal((await alice.log.next("disconnected")).code, 0);
    alice.connect();
    await alice.log.next("connected");
  }
});

test("answers pings", async () => {
  const alice = await connected(server.port);
  await alice.rpc("ponged", null);
  assert.equal(alice.log.rest("connecting").length, 1);
});

test("refreshes its token and outlives the first one", async () => {
  const asked = new Log();
  const alice = await connected(server.port, {
    token: token({ ttl: 2 }),
    getToken: async () => {
      asked.add("token", Date.now());
      return token({ ttl: 2 });
    },
  });
  const first = Date.now();
  const last = (await asked.some("token", 5)).at(-1);
  await alice.rpc("sum", []);
  assert.ok(last - first > 4000, "past the expiry, the grace and a tick of the server's clock");
  assert.deepEqual(alice.log.rest("connected"), []);
  assert.equal(alice.log.rest("connecting").length, 1);
});

test("fetches its first token by itself", async () => {
  const alice = await connected(server.port, { token: "", getToken: async () => token() });
  await alice.rpc("sum", []);
});

test("an expired token is replaced by a fresh one", async () => {
  const alice = await connected(server.port, {
    token: token({ ttl: -10 }),
    getToken: async () => token(),
  });
  assert.equal((await alice.log.next("error")).error.code, 109);
});

test("a refresh with an expired token leads to a new connection", async () => {
  const fresh = [token({ ttl: -10 }), token()];
  const alice = await connected(server.port, {
    token: token({ ttl: 2 }),
    getToken: async () => fresh.shift(),
  });
  const first = await alice.log.next("connecting");
  const again = await alice.log.next("connecting");
  assert.deepEqual([first.code, again.code], [0, 3005]);
  await alice.log.next("connected");
});

test("an expired token without a way to a fresh one is final", async () => {
  const alice = client(server.port, { token: token({ ttl: -10 }) });
  alice.connect();
  assert.equal((await alice.log.next("disconnected")).code, 1);
});

test("a token that expires without a way to a fresh one is final", async () => {
  const alice = await connected(server.port, { token: token({ ttl: 1 }) });
  assert.equal((await alice.log.next("disconnected")).code, 1);
});

test("an invalid token is final", async () => {
  const forged = client(server.port, { token: token({ secret: "somebody else's, and also long" }) });
  forged.connect();
  const context = await forged.log.next("disconnected");
  assert.deepEqual(context, { code: 3500, reason: "invalid token" });
});

for (const code of [3501, 3503, 3999, 4500, 4999]) {
  test(`stays away after a disconnect with ${code}`, async () => {
    const alice = await connected(server.port);
    alice.rpc("end", { code, reason: "because" }).catch(() => {});
    const context = await alice.log.next("disconnected");
    assert.deepEqual(context, { code, reason: "because" });
  });
}

for (const code of [3001, 3005, 3011, 4000, 4499]) {
  test(`reconnects after a disconnect with ${code}`, async () => {
    const alice = await connected(server.port);
    await alice.log.next("connecting");
    alice.rpc("end", { code, reason: "because" }).catch(() => {});
    assert.deepEqual(await alice.log.next("connecting"), { code, reason: "because" });
    assert.notEqual((await alice.log.next("connected")).client, alice.id);
  });
}

test("a restart of the server begins a new epoch", async () => {
  const first = await Server.start();
  const cable = await Proxy.to(first.port);
  const alice = await connected(cable.port);
  const room = subscribe(alice, "room:restart");
  const before = await room.log.next("subscribed");
  await say(alice, "room:restart", "before");
  await room.log.next("publication");
  await alice.log.next("connecting");

  await first.stop();
  assert.equal((await alice.log.next("connecting")).code, 3001);
  cable.upstream = server.port;
  const after = await room.log.next("subscribed");
  assert.equal(after.wasRecovering, true);
  assert.equal(after.recovered, false);
  assert.notEqual(after.streamPosition.epoch, before.streamPosition.epoch);
  assert.equal(after.streamPosition.offset, 0);
  cable.close();
});

test("falls back to what a proxy lets through", only("http_stream", "sse"), async () => {
  const refused = { http_stream: /^GET .*websocket/, sse: /^GET .*websocket|^POST .*http_stream/ };
  const cable = await Proxy.to(server.port, refused[form.transport]);
  const alice = client(cable.port, { transports: ["websocket", "http_stream", "sse"] });
  alice.connect();
  assert.equal((await alice.log.next("connected")).transport, form.transport);
  assert.deepEqual(await alice.rpc("sum", [1, 2]), { data: 3 });
  cable.close();
});
