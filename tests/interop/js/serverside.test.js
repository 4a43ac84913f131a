import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { Proxy, Server, client, connected, disconnectAll, say, token } from "./stage.js";

let server;
before(async () => (server = await Server.start()));
afterEach(disconnectAll);
after(() => server.stop());

/** The next events of one channel, whatever else comes in between. */
async function of(log, channel, event, count = 1) {
  const found = [];
  while (found.length < count) {
    const context = await log.next(event);
    if (context.channel === channel) found.push(context);
  }
  return found;
}

test("enters the channels that its token names", async () => {
  const alice = client(server.port, { token: token({ channels: ["news:token"] }) });
  alice.connect();
  const [context] = await of(alice.log, "news:token", "subscribed");
  assert.equal(context.recoverable, true);
  const [join] = await of(alice.log, "news:token", "join");
  assert.equal(join.info.user, "alice");
  await say(alice, "news:token", "extra");
  const [publication] = await of(alice.log, "news:token", "publication");
  assert.equal(publication.data.text, "extra");
  assert.equal(publication.offset, 1);
});

test("is given what the token's subs say", async () => {
  const subs = { "news:subs": { data: { colour: "red" }, info: { role: "editor" } } };
  const alice = client(server.port, { token: token({ subs }) });
  alice.connect();
  const [context] = await of(alice.log, "news:subs", "subscribed");
  assert.deepEqual(context.data, { colour: "red" });
  const [join] = await of(alice.log, "news:subs", "join");
  assert.deepEqual(join.info.chanInfo, { role: "editor" });
});

test("enters its user's own channel", async () => {
  const carol = await connected(server.port, { token: token({ sub: "carol" }) });
  await of(carol.log, "inbox#carol", "subscribed");
  const [join] = await of(carol.log, "inbox#carol", "join");
  assert.equal(join.info.client, carol.id);
  await say(carol, "inbox#carol", "for you");
  assert.equal((await of(carol.log, "inbox#carol", "publication"))[0].data.text, "for you");
});

test("is subscribed and unsubscribed by a handler", async () => {
  const channel = "news:follow";
  const alice = await connected(server.port);
  await alice.rpc("follow", channel);
  const [context] = await of(alice.log, channel, "subscribed");
  assert.equal(context.recoverable, true);
  await of(alice.log, channel, "join");
  const bob = await connected(server.port, { token: token({ sub: "bob", channels: [channel] }) });
  assert.equal((await of(alice.log, channel, "join"))[0].info.user, "bob");
  await say(bob, channel, "hello");
  assert.equal((await of(alice.log, channel, "publication"))[0].data.text, "hello");
  bob.disconnect();
  assert.equal((await of(alice.log, channel, "leave"))[0].info.user, "bob");
  await alice.rpc("unfollow", channel);
  await of(alice.log, channel, "unsubscribed");
  await assert.rejects(alice.rpc("follow", "nowhere:1"), { code: 102 });
});

test("recovers server-side subscriptions after a cut", async () => {
  const channel = "news:cut";
  const cable = await Proxy.to(server.port);
  const dave = await connected(cable.port, { token: token({ sub: "dave", channels: [channel] }) });
  await of(dave.log, channel, "subscribed");
  await say(dave, channel, "seen");
  await of(dave.log, channel, "publication");
  const bob = await connected(server.port, { token: token({ sub: "bob" }) });
  cable.cut();
  await dave.log.some("connecting", 2);
  await say(bob, channel, "1", "2", "3");
  cable.mend();
  const [context] = await of(dave.log, channel, "subscribed");
  assert.equal(context.wasRecovering, true);
  assert.equal(context.recovered, true);
  await say(bob, channel, "live");
  const publications = await of(dave.log, channel, "publication", 4);
  assert.deepEqual(publications.map((one) => one.data.text), ["1", "2", "3", "live"]);
  assert.deepEqual(publications.map((one) => one.offset), [2, 3, 4, 5]);
  cable.close();
});

test("a token with other channels makes it reconnect", async () => {
  const alice = await connected(server.port, {
    token: token({ ttl: 2 }),
    getToken: async () => token({ channels: ["news:late"] }),
  });
  await alice.log.next("connecting");
  assert.equal((await alice.log.next("connecting")).code, 3010);
  await of(alice.log, "news:late", "subscribed");
});
