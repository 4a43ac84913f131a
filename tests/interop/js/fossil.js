// Applies patches with the public decoder: [source, patch, target] triples come on stdin, as strings
// that clients get in JSON and as Base64 of what they get in Protobuf; what went wrong goes to stdout.

import { readFileSync } from "node:fs";
import { applyDelta } from "fossil-delta";

const { texts, binaries } = JSON.parse(readFileSync(0, "utf8"));
const encoder = new TextEncoder();

function failure(triple) {
  const [source, patch, target] = triple;
  try {
    return Buffer.compare(applyDelta(source, patch), target) ? "another target" : "";
  } catch (error) {
    return String(error);
  }
}

const triples = [
  ...texts.map((triple) => triple.map((text) => encoder.encode(text))),
  ...binaries.map((triple) => triple.map((bytes) => Uint8Array.from(Buffer.from(bytes, "base64")))),
];
console.log(JSON.stringify(triples.map(failure)));
