// What a client does with the types of the app in corner.py, and what they keep it from.

import type { Centrifuge } from "centrifuge";
import { type Mood, type Said, createClient } from "./corner.js";

/** Talks to the app, and returns what it heard. */
export async function exchange(centrifuge: Centrifuge): Promise<unknown> {
  const heard: unknown[] = [];
  const { channel, call, send, onMessage } = createClient(centrifuge);

  const room = channel.chatRoomNumberInt("lobby", 7);
  const done = new Promise<void>((resolve) => {
    room.subscribe(
      {
        said: ({ text, author, mood, attached }, { channel }) =>
          heard.push({ text, by: author.born_in, mood: loudness[mood], first: first(attached), channel }),
        left: ({ author }) => {
          heard.push({ left: author.name });
          resolve();
        },
      },
      (data) => heard.push({ unknown: data }),
    );
  });
  await room.publish({ type: "said", text: "hi" });
  await room.publish({ type: "said", text: "here", attached: [{ kind: "place", at: [1, 2] }] });
  await room.publish({ type: "said", text: "move" });
  await room.publish({ type: "shout", text: "bye" });
  await done;

  const notice = new Promise<string>((resolve) => {
    onMessage({ notice: ({ text }) => resolve(text) });
  });
  await send({ type: "nudge", text: "anybody?" });
  const blobs = channel.blobName("b");
  const blob = new Promise<unknown>((resolve) => blobs.subscribe(resolve));
  await blobs.publish([1, { two: 3 }]);
  const key = channel.keyIdUuid("00000000-0000-0000-0000-000000000007");
  let stop = () => {};
  const followed = new Promise<string>((resolve) => {
    stop = key.listen({ left: ({ author }) => resolve(author.name) });
  });
  await call.follow();
  const followedBy = await followed;
  stop();
  const made = await call.roomsCreate({ name: "attic", moods: ["good"] });
  const refused = await call.roomsCreate({ name: "full" }).catch(({ code }) => code);
  await call.roomsClose([1]);
  return {
    heard,
    notice: await notice,
    blob: await blob,
    followed: followedBy,
    listening: centrifuge.listeners("publication").length,
    id: made?.id,
    none: await call.roomsCreate({ name: "attic" }),
    keys: (await call.keysList())["all"]?.length,
    refused,
    names: names(channel),
  };
}

const loudness: Record<Mood, number> = { good: 1, bad: 2 };

function first(attached: Said["attached"]): string {
  const [one] = attached;
  if (!one) return "nothing";
  return one.kind === "photo" ? one.url : `at ${one.at[1]}`;
}

type Channels = ReturnType<typeof createClient>["channel"];

function names({ chatRoomNumberInt, keyIdUuid }: Channels): unknown[] {
  const tried = [
    () => chatRoomNumberInt("a%b|c", -3).name,
    () => chatRoomNumberInt("a/b", 3).name,
    () => chatRoomNumberInt("", 3).name,
    () => chatRoomNumberInt("a", 1.5).name,
    () => keyIdUuid("00000000-0000-0000-0000-000000000007").name,
    () => keyIdUuid("7").name,
  ];
  return tried.map((name) => {
    try {
      return name();
    } catch (error) {
      return error instanceof RangeError && error.name;
    }
  });
}

/** Each of these lines is a mistake that the compiler finds. */
export function mistakes(centrifuge: Centrifuge): void {
  const { channel, call, send, onMessage } = createClient(centrifuge);
  const room = channel.chatRoomNumberInt("lobby", 7);
  // @ts-expect-error: an event without a handler
  room.subscribe({ said: () => undefined });
  // @ts-expect-error: a handler of no event
  room.subscribe({ said: () => undefined, left: () => undefined, gone: () => undefined });
  // @ts-expect-error: no such field
  room.subscribe({ said: ({ colour }) => colour, left: () => undefined });
  // @ts-expect-error: a field is missing
  void room.publish({ type: "said" });
  // @ts-expect-error: not what clients say
  void room.publish({ type: "left", author: { name: "me" } });
  // @ts-expect-error: nobody may publish there
  void channel.keyIdUuid("7").publish({ type: "left", author: { name: "me" } });
  // @ts-expect-error: a parameter is missing
  channel.chatRoomNumberInt("lobby");
  // @ts-expect-error: no such mood
  void call.roomsCreate({ name: "attic", moods: ["odd"] });
  // @ts-expect-error: no such message
  void send({ type: "notice", text: "x" });
  // @ts-expect-error: no such message
  onMessage({ nudge: () => undefined });
}
