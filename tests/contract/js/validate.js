import { readFileSync } from "node:fs";
import asyncapi from "@asyncapi/parser";
for (const file of process.argv.slice(2)) {
const { document, diagnostics } = await new asyncapi.Parser().parse(readFileSync(file, "utf8"));
for (const d of diagnostics) console.log(file, ["error","warn","info","hint"][d.severity], d.code, d.path.join("/"), d.message);
console.log(file, document ? "ok" : "BAD");
}
