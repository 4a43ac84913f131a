import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import {
  Proxy, Server, connected, disconnectAll, heard, meanwhile, say, subscribe, token,
} from "./stage.js";

let server;
let cable;
let bob; // at a cable of his own
before(async () => {
  server = await Server.start();
  cable = await Proxy.to(server.port);
});
beforeEach(async () => (bob = await connected(server.port, { token: token({ sub: "bob" }) })));
afterEach(disconnectAll);
after(async () => {
  cable.close();
  await server.stop();
});

test("recovers what it missed while cut off, in order and once", async () => {
  const channel = "room:cut";
  const alice = await connected(cable.port);
  const room = subscribe(alice, channel);
  await room.log.next("subscribed");
  await say(alice, channel, "seen");
  assert.deepEqual(await heard(room.log, 1), ["seen"]);
  await meanwhile(alice, cable, () => say(bob, channel, "1", "2", "3"));
  const context = await room.log.next("subscribed");
  assert.equal(context.wasRecovering, true);
  assert.equal(context.recovered, true);
  assert.equal(context.hasRecoveredPublications, true);
  await say(bob, channel, "live");
  const publications = await room.log.some("publication", 4);
  assert.deepEqual(publications.map((one) => one.data.text), ["1", "2", "3", "live"]);
  assert.deepEqual(publications.map((one) => one.offset), [2, 3, 4, 5]);
  assert.deepEqual(room.log.rest("publication"), []);
});

test("recovers nothing when it missed nothing", async () => {
  const channel = "room:quiet";
  const alice = await connected(cable.port);
  const room = subscribe(alice, channel);
  await room.log.next("subscribed");
  await meanwhile(alice, cable, () => {});
  const context = await room.log.next("subscribed");
  assert.equal(context.recovered, true);
  assert.equal(context.hasRecoveredPublications, false);
});

test("recovers after unsubscribing and subscribing again", async () => {
  const channel = "room:pause";
  const alice = await connected(server.port);
  const room = subscribe(alice, channel);
  await room.log.next("subscribed");
  room.unsubscribe();
  await say(alice, channel, "1", "2");
  room.subscribe();
  assert.equal((await room.log.next("subscribed")).recovered, true);
  assert.deepEqual(await heard(room.log, 2), ["1", "2"]);
});

test("recovers from a position that the app names", async () => {
  const channel = "room:since";
  const alice = await connected(server.port);
  const first = subscribe(alice, channel);
  const { streamPosition } = await first.log.next("subscribed");
  await say(alice, channel, "1", "2");
  const room = subscribe(bob, channel, { since: { ...streamPosition, offset: 1 } });
  assert.equal((await room.log.next("subscribed")).recovered, true);
  assert.deepEqual(await heard(room.log, 1), ["2"]);
});

test("is told plainly when too much was missed", async () => {
  const channel = "short:cut";
  const alice = await connected(cable.port);
  const short = subscribe(alice, channel);
  await short.log.next("subscribed");
  await meanwhile(alice, cable, () => say(bob, channel, "1", "2", "3"));
  const context = await short.log.next("subscribed");
  assert.equal(context.wasRecovering, true);
  assert.equal(context.recovered, false);
  assert.equal(context.streamPosition.offset, 3);
  await say(bob, channel, "live");
  assert.deepEqual(await heard(short.log, 1), ["live"]);
});

test("loads its state anew when its position is gone", async () => {
  const channel = "short:state";
  const alice = await connected(cable.port);
  const loaded = [];
  const short = subscribe(alice, channel, {
    getState: async () => {
      const { offset, epoch } = await bob.rpc("position", channel).then(({ data }) => data);
      loaded.push(offset);
      return { offset, epoch };
    },
  });
  await short.log.next("subscribed");
  await meanwhile(alice, cable, () => say(bob, channel, "1", "2", "3"));
  assert.equal((await short.log.next("subscribed")).recovered, true);
  assert.deepEqual(loaded, [0, 3]);
});

test("gets the last value at once where only that counts", async () => {
  const channel = "price:oil";
  const alice = await connected(cable.port);
  await say(alice, channel, "70", "71");
  const price = subscribe(alice, channel);
  assert.equal((await price.log.next("subscribed")).recovered, true);
  assert.deepEqual(await heard(price.log, 1), ["71"]);
  await meanwhile(alice, cable, () => say(bob, channel, "72", "73"));
  assert.equal((await price.log.next("subscribed")).recovered, true);
  assert.deepEqual(await heard(price.log, 1), ["73"]);
  await say(bob, channel, "74");
  assert.deepEqual(await heard(price.log, 1), ["74"]);
});

test("does not get the last value twice", async () => {
  const channel = "price:tea";
  const alice = await connected(cable.port);
  const price = subscribe(alice, channel);
  await price.log.next("subscribed");
  await say(alice, channel, "5");
  assert.deepEqual(await heard(price.log, 1), ["5"]);
  await meanwhile(alice, cable, () => {});
  assert.equal((await price.log.next("subscribed")).recovered, true);
  await say(bob, channel, "6");
  assert.deepEqual(await heard(price.log, 1), ["6"]);
});
