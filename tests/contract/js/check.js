// Checks the AsyncAPI documents that are named on the command line: each with the official parser, and
// each example in it with ajv against the schema of its message. Tells of each in a line of JSON.

import { readFileSync } from "node:fs";

import asyncapi from "@asyncapi/parser";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const ERROR = 0;

async function parsed(text) {
  const { diagnostics } = await new asyncapi.Parser().parse(text);
  return diagnostics
    .filter(({ severity }) => severity === ERROR)
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function examples(document) {
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
  addFormats(ajv);
  ajv.addFormat("decimal", /^-?\d+(\.\d+)?$/);
  ajv.addSchema(document, "document");
  const counted = { valid: 0, wrong: [] };
  for (const [name, message] of Object.entries(document.components?.messages ?? {})) {
    for (const example of message.examples ?? []) {
      const validate = ajv.getSchema(`document#/components/messages/${name}/payload`);
      if (validate(example.payload)) counted.valid += 1;
      else counted.wrong.push(`${name}: ${ajv.errorsText(validate.errors)}`);
    }
  }
  return counted;
}

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8");
  const counted = file.endsWith(".json") ? examples(JSON.parse(text)) : { valid: 0, wrong: [] };
  console.log(JSON.stringify({ file, errors: await parsed(text), ...counted }));
}
