import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import {
  Proxy, Server, connected, disconnectAll, heard, meanwhile, say, subscribe, token,
} from "./stage.js";

let server;
before(async () => (server = await Server.start()));
afterEach(disconnectAll);
after(() => server.stop());

const FOSSIL = { delta: "fossil" };
const SCRIPTS = "Anträge, 対話, חזון, \u{1f3b6}\u{1f469}\u200d\u{1f3a4} \"quotes\\\n\u2028\u0001".repeat(50);

/** Versions of a document, each a little different from the one before. */
const versions = (count) => Array.from({ length: count }, (_, n) => `${SCRIPTS}${n}${SCRIPTS}`);

/** How many publications came whole, and how many as a patch. */
function came(draft) {
  const { numFullPayloads: whole, numDeltaPayloads: patched } = draft.deltaStats();
  return { whole, patched };
}

async function drafting(channel, port = server.port) {
  const alice = await connected(port);
  const draft = subscribe(alice, channel, FOSSIL);
  await draft.log.next("subscribed");
  return [alice, draft];
}

test("gets patches where it asks for them, and the whole where it does not", async () => {
  const channel = "draft:live";
  const [alice, draft] = await drafting(channel);
  const plain = subscribe(await connected(server.port), channel);
  await plain.log.next("subscribed");
  await say(alice, channel, ...versions(4));
  assert.deepEqual(await heard(draft.log, 4), versions(4));
  assert.deepEqual(await heard(plain.log, 4), versions(4));
  assert.deepEqual(came(draft), { whole: 1, patched: 3 });
  assert.deepEqual(came(plain), { whole: 0, patched: 0 });
  const { bytesReceived, bytesDecoded } = draft.deltaStats();
  assert.ok(bytesReceived < bytesDecoded / 3);
});

test("recovers by patches, and goes on with patches", async () => {
  const channel = "draft:cut";
  const cable = await Proxy.to(server.port);
  const [alice, draft] = await drafting(channel, cable.port);
  const bob = await connected(server.port, { token: token({ sub: "bob" }) });
  const [first, ...missed] = versions(5);
  const live = missed.pop();
  await say(bob, channel, first);
  assert.deepEqual(await heard(draft.log, 1), [first]);
  await meanwhile(alice, cable, () => say(bob, channel, ...missed));
  assert.equal((await draft.log.next("subscribed")).recovered, true);
  await say(bob, channel, live);
  assert.deepEqual(await heard(draft.log, 4), [...missed, live]);
  assert.deepEqual(came(draft), { whole: 2, patched: 3 });
  cable.close();
});

test("patches cut no character of any script", async () => {
  const channel = "draft:scripts";
  const [alice, draft] = await drafting(channel);
  const characters = [..."aäâ対寿\u{1f3b6}\u{1f3a4}ןח"]; // pairs that begin with the same bytes
  const texts = characters.map((one) => `${SCRIPTS}${one.repeat(3)}${SCRIPTS}${one}`);
  await say(alice, channel, ...texts);
  assert.deepEqual(await heard(draft.log, texts.length), texts);
  assert.deepEqual(came(draft), { whole: 1, patched: texts.length - 1 });
});

test("gets the whole where a patch is not smaller", async () => {
  const [, blob] = await drafting("blob:unlike");
  const values = [1, "xy", [SCRIPTS], { z: null }];
  for (const value of values) await blob.publish(value);
  const publications = await blob.log.some("publication", values.length);
  assert.deepEqual(publications.map((one) => one.data), values);
  assert.deepEqual(came(blob), { whole: values.length, patched: 0 });
});

test("who is left out of a publication gets the next one whole", async () => {
  const channel = "draft:others";
  const [alice, draft] = await drafting(channel);
  const [, other] = await drafting(channel);
  const [first, second, third, fourth] = versions(4);
  await say(alice, channel, first);
  await alice.rpc("tell_others", { channel, texts: [second] });
  await say(alice, channel, third, fourth);
  assert.deepEqual(await heard(draft.log, 3), [first, third, fourth]);
  assert.deepEqual(await heard(other.log, 4), [first, second, third, fourth]);
  assert.deepEqual(came(draft), { whole: 2, patched: 1 });
  assert.deepEqual(came(other), { whole: 1, patched: 3 });
});

test("history is never patched", async () => {
  const channel = "draft:history";
  const [alice, draft] = await drafting(channel);
  await say(alice, channel, ...versions(3));
  assert.deepEqual(await heard(draft.log, 3), versions(3));
  const { publications } = await draft.history({ limit: -1 });
  assert.deepEqual(publications.map((one) => one.data.text), versions(3));
});

test("asks in vain for patches where a channel makes none", async () => {
  const alice = await connected(server.port);
  const short = subscribe(alice, "short:draft", FOSSIL);
  await short.log.next("subscribed");
  await say(alice, "short:draft", ...versions(2));
  assert.deepEqual(await heard(short.log, 2), versions(2));
  assert.deepEqual(came(short), { whole: 0, patched: 0 });
});
