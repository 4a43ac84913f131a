import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import {
  BYTES, Server, connected, disconnectAll, form, formOf, heard, only, say, subscribe, token,
} from "./stage.js";

let server;
before(async () => (server = await Server.start()));
afterEach(disconnectAll);
after(() => server.stop());

const NO_JSON = Uint8Array.of(0, 10, 34, 128, 255, ...Array(300).keys());
const RAW = { ...form, language: BYTES };
const OTHERS = ["websocket-json", "websocket-protobuf"].map(formOf);

const same = (found, wanted) => assert.equal(Buffer.compare(found, wanted), 0);

/** Has the server publish bytes, whoever asks for it. */
const throwIn = (by, channel, bytes) =>
  by.rpc("blob", { channel, data: Buffer.from(bytes).toString("base64") });

test("bytes go through as they are, both ways", only("protobuf"), async () => {
  const channel = "blob:both";
  const alice = await connected(server.port, { as: RAW });
  const bob = await connected(server.port);
  const blob = subscribe(alice, channel);
  await blob.log.next("subscribed");
  await blob.publish(NO_JSON);
  await throwIn(bob, channel, NO_JSON.reverse());
  const [mine, servers] = await blob.log.some("publication", 2);
  same(servers.data, NO_JSON);
  same(mine.data, NO_JSON.reverse());
  const { publications } = await blob.history({ limit: -1 });
  same(publications[0].data, NO_JSON);
});

test("bytes that are no JSON are recovered as they are", only("protobuf"), async () => {
  const channel = "blob:recovered";
  const alice = await connected(server.port, { as: RAW });
  const bob = await connected(server.port);
  const blob = subscribe(alice, channel);
  await blob.log.next("subscribed");
  blob.unsubscribe();
  await throwIn(bob, channel, NO_JSON);
  blob.subscribe();
  assert.equal((await blob.log.next("subscribed")).recovered, true);
  same((await blob.log.next("publication")).data, NO_JSON);
});

test("bytes that are no JSON are patched", only("protobuf"), async () => {
  const channel = "blob:patched";
  const alice = await connected(server.port, { as: RAW });
  const blob = subscribe(alice, channel, { delta: "fossil" });
  await blob.log.next("subscribed");
  const versions = [0, 1, 2].map((n) => Buffer.concat([NO_JSON, Buffer.of(n, 255 - n), NO_JSON]));
  for (const version of versions) await blob.publish(version);
  const publications = await blob.log.some("publication", 3);
  for (const [n, { data }] of publications.entries()) same(data, versions[n]);
  assert.equal(blob.deltaStats().numDeltaPayloads, 2);
});

test("JSON goes through a channel of bytes, and what is none ends the connection", only("json"), async () => {
  const channel = "blob:json";
  const alice = await connected(server.port);
  const blob = subscribe(alice, channel);
  await blob.log.next("subscribed");
  await blob.publish({ any: ["thing", 1.5, null, "ä"] });
  assert.deepEqual((await blob.log.next("publication")).data, { any: ["thing", 1.5, null, "ä"] });
  const bob = await connected(server.port, { token: token({ sub: "bob" }) });
  await throwIn(bob, channel, Buffer.from('[1,\n  "two"]'));
  assert.deepEqual((await blob.log.next("publication")).data, [1, "two"]);
  await throwIn(bob, channel, NO_JSON);
  assert.equal((await alice.log.next("disconnected")).code, 3506);
  assert.deepEqual(await bob.rpc("sum", [1]), { data: 1 });
});

test("clients of either language hear the same", async () => {
  const channel = "room:babel";
  const alice = await connected(server.port, { token: token({ info: { name: "Äl" } }) });
  const others = await Promise.all(OTHERS.map((as) => connected(server.port, { as })));
  const rooms = [alice, ...others].map((one) => subscribe(one, channel));
  await Promise.all(rooms.map((room) => room.log.next("subscribed")));
  for (const [n, room] of rooms.entries()) await room.publish({ type: "said", text: `${n}: 対話` });
  await say(alice, channel, "from the server");
  const [first, ...rest] = await Promise.all(rooms.map((room) => room.log.some("publication", 4)));
  const texts = first.map((publication) => publication.data.text);
  assert.deepEqual(texts, ["0: 対話", "1: 対話", "2: 対話", "from the server"]);
  assert.deepEqual(first[0].info.connInfo, { name: "Äl" });
  const told = (publications) => publications.map(({ data, offset, info }) => ({
    data, offset, client: info?.client, connInfo: info?.connInfo,
  }));
  for (const publications of rest) assert.deepEqual(told(publications), told(first));
});

test("patches and filters serve clients of either language", async () => {
  const alice = await connected(server.port);
  const everybody = [alice, ...(await Promise.all(OTHERS.map((as) => connected(server.port, { as }))))];
  const drafts = everybody.map((one) => subscribe(one, "draft:babel", { delta: "fossil" }));
  const filter = { tagsFilter: { key: "kind", cmp: "eq", val: "goal" } };
  const tickers = everybody.map((one) => subscribe(one, "ticker:babel", filter));
  await Promise.all([...drafts, ...tickers].map((one) => one.log.next("subscribed")));
  const texts = ["対話".repeat(99), `${"対話".repeat(99)}!`, `${"対話".repeat(99)}寿`];
  await say(alice, "draft:babel", ...texts);
  await say(alice, "ticker:babel", "no goal");
  await alice.rpc("say", { channel: "ticker:babel", texts: ["goal"], tags: { kind: "goal" } });
  for (const draft of drafts) {
    assert.deepEqual(await heard(draft.log, 3), texts);
    assert.equal(draft.deltaStats().numDeltaPayloads, 2);
  }
  for (const ticker of tickers) assert.deepEqual(await heard(ticker.log, 1), ["goal"]);
});
