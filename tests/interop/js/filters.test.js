import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import {
  Proxy, Server, connected, disconnectAll, heard, meanwhile, subscribe, token,
} from "./stage.js";

let server;
before(async () => (server = await Server.start()));
afterEach(disconnectAll);
after(() => server.stop());

const is = (key, val) => ({ key, cmp: "eq", val });
const GOALS = { tagsFilter: is("kind", "goal") };

/** Has the server publish one text, with tags. */
const tell = (by, channel, text, tags) => by.rpc("say", { channel, texts: [text], tags });

/** Publishes texts of which every second one is a goal. */
async function play(by, channel, ...texts) {
  for (const [n, text] of texts.entries()) {
    await tell(by, channel, text, { kind: n % 2 ? "goal" : "pass" });
  }
}

test("hears what its filter lets through", async () => {
  const channel = "ticker:live";
  const alice = await connected(server.port);
  const goals = subscribe(alice, channel, GOALS);
  const all = subscribe(await connected(server.port), channel);
  await Promise.all([goals, all].map((one) => one.log.next("subscribed")));
  await tell(alice, channel, "no tags");
  await play(alice, channel, "1", "2", "3", "4");
  const publications = await goals.log.some("publication", 2);
  assert.deepEqual(publications.map((one) => one.data.text), ["2", "4"]);
  assert.deepEqual(publications.map((one) => one.offset), [3, 5]);
  assert.deepEqual(publications[0].tags, { kind: "goal" });
  assert.deepEqual(await heard(all.log, 5), ["no tags", "1", "2", "3", "4"]);
});

test("combines and compares", async () => {
  const channel = "ticker:combined";
  const alice = await connected(server.port);
  const tagsFilter = {
    op: "and",
    nodes: [
      { key: "price", cmp: "gte", val: "99.5" },
      { op: "or", nodes: [{ key: "place", cmp: "in", vals: ["Aix", "Bonn"] }, is("vip", "yes")] },
      { op: "not", nodes: [{ key: "sold", cmp: "ex" }] },
    ],
  };
  const ticker = subscribe(alice, channel, { tagsFilter });
  await ticker.log.next("subscribed");
  await tell(alice, channel, "cheap", { price: "99.4", place: "Aix" });
  await tell(alice, channel, "Bonn", { price: "99.50", place: "Bonn" });
  await tell(alice, channel, "far", { price: "1000", place: "Rome" });
  await tell(alice, channel, "vip", { price: "1000", place: "Rome", vip: "yes" });
  await tell(alice, channel, "sold", { price: "1000", place: "Aix", sold: "" });
  await tell(alice, channel, "Aix", { price: "100", place: "Aix" });
  assert.deepEqual(await heard(ticker.log, 3), ["Bonn", "vip", "Aix"]);
});

test("recovers what its filter lets through, and loses no place by the rest", async () => {
  const channel = "ticker:cut";
  const cable = await Proxy.to(server.port);
  const alice = await connected(cable.port);
  const bob = await connected(server.port, { token: token({ sub: "bob" }) });
  const goals = subscribe(alice, channel, GOALS);
  await goals.log.next("subscribed");
  await play(bob, channel, "0", "1");
  assert.deepEqual(await heard(goals.log, 1), ["1"]);
  await meanwhile(alice, cable, () => play(bob, channel, "2", "3", "4"));
  assert.equal((await goals.log.next("subscribed")).recovered, true);
  assert.deepEqual(await heard(goals.log, 1), ["3"]);
  await meanwhile(alice, cable, () => play(bob, channel, "5"));
  assert.equal((await goals.log.next("subscribed")).recovered, true);
  await play(bob, channel, "6", "7");
  assert.deepEqual(await heard(goals.log, 1), ["7"]);
  assert.deepEqual(goals.log.rest("publication"), []);
  cable.close();
});

test("a filter that breaks a rule is refused", async () => {
  const alice = await connected(server.port);
  const bad = { op: "or", nodes: [is("kind", "goal"), { key: "kind", cmp: "in" }] };
  const context = await subscribe(alice, "ticker:bad", { tagsFilter: bad }).log.next("unsubscribed");
  assert.equal(context.code, 107);
  assert.match(context.reason, /tf\.nodes\[1\]: cmp 'in' needs vals/);
  await alice.rpc("sum", []);
});

test("a filter is refused where a channel has none", async () => {
  const alice = await connected(server.port);
  assert.equal((await subscribe(alice, "short:1", GOALS).log.next("unsubscribed")).code, 107);
});

test("the SDK itself refuses a filter with patches", async () => {
  const alice = await connected(server.port);
  assert.throws(() => subscribe(alice, "ticker:both", { ...GOALS, delta: "fossil" }), /together/);
});
