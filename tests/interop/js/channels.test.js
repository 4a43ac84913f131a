import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import WebSocket from "ws";

import {
  Log, Server, client, connected, disconnectAll, heard, only, say, subscribe, token,
} from "./stage.js";

let server;
before(async () => (server = await Server.start()));
afterEach(disconnectAll);
after(() => server.stop());

const said = (text) => ({ type: "said", text });

test("subscribes where a handler lets it", async () => {
  const alice = await connected(server.port);
  const context = await subscribe(alice, "room:open").log.next("subscribed");
  assert.equal(context.recoverable, true);
  assert.equal(context.positioned, true);
  assert.equal(context.wasRecovering, false);
  assert.equal(context.streamPosition.offset, 0);
});

test("is unsubscribed where a handler forbids it", async () => {
  const alice = await connected(server.port);
  const context = await subscribe(alice, "room:locked").log.next("unsubscribed");
  assert.equal(context.code, 103);
  assert.match(context.reason, /this room is locked/);
  await alice.rpc("sum", []);
});

test("is unsubscribed from what is not declared", async () => {
  const alice = await connected(server.port);
  assert.equal((await subscribe(alice, "nowhere:1").log.next("unsubscribed")).code, 102);
  assert.equal((await subscribe(alice, "vault:shut").log.next("unsubscribed")).code, 103);
});

test("subscribes by a token, and refreshes it", async () => {
  const channel = "vault:1";
  const asked = new Log();
  const alice = await connected(server.port);
  const vault = subscribe(alice, channel, {
    token: token({ channel, ttl: 2, data: { key: 7 } }),
    getToken: async (context) => {
      asked.add("token");
      return token({ channel: context.channel, ttl: 2 });
    },
  });
  assert.deepEqual((await vault.log.next("subscribed")).data, { key: 7 });
  await asked.some("token", 5);
  await say(alice, channel, "still here");
  assert.deepEqual(await heard(vault.log, 1), ["still here"]);
  assert.equal(vault.log.rest("subscribing").length, 1);
});

test("a subscription token that is expired is replaced", async () => {
  const channel = "vault:2";
  const alice = await connected(server.port);
  const vault = subscribe(alice, channel, {
    token: token({ channel, ttl: -10 }),
    getToken: async () => token({ channel }),
  });
  assert.equal((await vault.log.next("error")).error.code, 109);
  await vault.log.next("subscribed");
});

test("a refresh with an expired subscription token leads to a new subscription", async () => {
  const channel = "vault:3";
  const fresh = [token({ channel, ttl: -10 }), token({ channel })];
  const alice = await connected(server.port);
  const vault = subscribe(alice, channel, {
    token: token({ channel, ttl: 2 }),
    getToken: async () => fresh.shift(),
  });
  const first = await vault.log.next("subscribing");
  const again = await vault.log.next("subscribing");
  assert.deepEqual([first.code, again.code], [0, 2501]);
  await vault.log.some("subscribed", 2);
});

test("a subscription token for something else is refused", async () => {
  const alice = await connected(server.port);
  const forged = token({ channel: "vault:4", secret: "somebody else's, and also long" });
  const vault = subscribe(alice, "vault:4", { token: forged });
  assert.equal((await vault.log.next("unsubscribed")).code, 103);
  subscribe(alice, "vault:5", { token: token({ channel: "vault:6" }) });
  assert.equal((await alice.log.next("disconnected")).code, 3500);
});

test("publishes, and hears itself", async () => {
  const alice = await connected(server.port);
  const room = subscribe(alice, "room:echo");
  await room.log.next("subscribed");
  assert.deepEqual(await room.publish(said("hello")), {});
  const publication = await room.log.next("publication");
  assert.deepEqual(publication.data, said("hello"));
  assert.equal(publication.offset, 1);
  assert.equal(publication.info.user, "alice");
  assert.equal(publication.info.client, alice.id);
});

test("an event out of bounds costs an error that names the field", async () => {
  const alice = await connected(server.port);
  const room = subscribe(alice, "room:bounds");
  await room.log.next("subscribed");
  await assert.rejects(room.publish(said("")), { code: 107, message: /said\.text: .*length >= 1/ });
  await assert.rejects(room.publish({ type: "sung" }), { code: 107, message: /'sung'/ });
  await assert.rejects(room.publish({ text: 1 }), { code: 107 });
  await room.publish(said("fine"));
  assert.deepEqual(await heard(room.log, 1), ["fine"]);
});

test("publishing needs a subscription and leave to publish", async () => {
  const alice = await connected(server.port);
  await assert.rejects(alice.publish("room:elsewhere", said("hello")), { code: 103 });
  const price = subscribe(alice, "price:mute");
  await assert.rejects(price.publish(said("hello")), { code: 108 });
});

test("learns who is present", async () => {
  const alice = await connected(server.port, { token: token({ info: { name: "Al" } }) });
  const bob = await connected(server.port, { token: token({ sub: "bob" }) });
  const rooms = [alice, bob].map((one) => subscribe(one, "room:present"));
  await Promise.all(rooms.map((room) => room.log.next("subscribed")));
  const { clients } = await rooms[0].presence();
  assert.deepEqual(Object.keys(clients).sort(), [alice.id, bob.id].sort());
  assert.equal(clients[alice.id].user, "alice");
  assert.deepEqual(clients[alice.id].connInfo, { name: "Al" });
  assert.deepEqual(await rooms[0].presenceStats(), { numClients: 2, numUsers: 2 });
  const price = subscribe(alice, "price:present");
  await assert.rejects(price.presence(), { code: 108 });
});

test("hears of joins, its own included, and of leaves", async () => {
  const alice = await connected(server.port);
  const bob = await connected(server.port, { token: token({ sub: "bob" }) });
  const room = subscribe(alice, "room:doors");
  assert.equal((await room.log.next("join")).info.client, alice.id);
  const other = subscribe(bob, "room:doors");
  assert.equal((await room.log.next("join")).info.user, "bob");
  other.unsubscribe();
  assert.equal((await room.log.next("leave")).info.client, bob.id);
  other.subscribe();
  assert.equal((await room.log.next("join")).info.user, "bob");
  bob.disconnect();
  assert.equal((await room.log.next("leave")).info.client, bob.id);
});

test("reads history forwards, backwards and from a position", async () => {
  const alice = await connected(server.port);
  const room = subscribe(alice, "room:history");
  const { streamPosition } = await room.log.next("subscribed");
  await say(alice, "room:history", "1", "2", "3", "4", "5");
  const read = async (options) => {
    const { publications, offset, epoch } = await room.history(options);
    assert.equal(offset, 5);
    assert.equal(epoch, streamPosition.epoch);
    return publications.map((publication) => publication.data.text).join("");
  };
  const at = (offset) => ({ offset, epoch: streamPosition.epoch });
  assert.equal(await read({}), "");
  assert.equal(await read({ limit: -1 }), "12345");
  assert.equal(await read({ limit: 2 }), "12");
  assert.equal(await read({ limit: 2, reverse: true }), "54");
  assert.equal(await read({ limit: -1, since: at(3) }), "45");
  assert.equal(await read({ limit: 2, since: at(4), reverse: true }), "32");
  const unknown = { offset: 1, epoch: "another" };
  await assert.rejects(room.history({ limit: 1, since: unknown }), { code: 112 });
});

test("subscribes and unsubscribes from many channels at once", async () => {
  const alice = client(server.port);
  const names = Array.from({ length: 80 }, (_, index) => `short:many-${index}`);
  const all = names.map((name) => subscribe(alice, name));
  alice.connect();
  await Promise.all(all.map((one) => one.log.next("subscribed")));
  await say(alice, names.at(-1), "for the last one");
  assert.deepEqual(await heard(all.at(-1).log, 1), ["for the last one"]);
  alice.startBatching();
  for (const one of all) one.unsubscribe();
  alice.stopBatching();
  await Promise.all(all.map((one) => one.log.next("unsubscribed")));
  await alice.rpc("sum", []);
});

test("a loop of subscribe and unsubscribe leaves nobody behind", async () => {
  const alice = await connected(server.port);
  const room = subscribe(alice, "room:loop");
  for (let round = 0; round < 20; round += 1) {
    await room.ready();
    assert.deepEqual(await room.presenceStats(), { numClients: 1, numUsers: 1 });
    room.unsubscribe();
    assert.deepEqual(await alice.rpc("count", "room:loop"), { data: 0 });
    room.subscribe();
  }
});

test("unsubscribes right after it has connected", async () => {
  const bob = await connected(server.port, { token: token({ sub: "bob" }) });
  const other = subscribe(bob, "room:hasty");
  assert.equal((await other.log.next("join")).info.user, "bob");
  const alice = client(server.port);
  const room = subscribe(alice, "room:hasty");
  alice.on("connected", () => room.unsubscribe());
  alice.connect();
  assert.equal((await room.log.next("unsubscribed")).code, 0);
  assert.equal((await other.log.next("leave")).info.user, "alice");
  assert.deepEqual(await alice.rpc("count", "room:hasty"), { data: 1 });
  room.subscribe();
  await room.log.next("subscribed");
});

test("unsubscribes between the connect command and its reply", only("websocket"), async () => {
  let room;
  class Hasty extends WebSocket {
    send(data) {
      super.send(data);
      this.send = super.send;
      room.unsubscribe();
    }
  }
  const alice = client(server.port, { websocket: Hasty });
  room = subscribe(alice, "room:between");
  alice.connect();
  assert.equal((await room.log.next("unsubscribed")).code, 0);
  await alice.log.next("connected");
  assert.deepEqual(await alice.rpc("count", "room:between"), { data: 0 });
});
