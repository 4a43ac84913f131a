/** Fields as tables: name, type, constraints, what they mean. Nested types follow, each once, folded. */

import type { Contract, Schema } from "./contract";
import { h, inline } from "./dom";
import { componentsOf, constraintsOf, resolve, typeOf } from "./schema";

/** The fields of a schema, and those of every type that they consist of. */
export function fieldsOf(contract: Contract, schema: Schema): HTMLElement {
  const whole = resolve(contract, schema);
  const nested = componentsOf(contract, whole).map((name) => nestedType(contract, name));
  return h("div", { class: "fields" }, tableOf(whole), ...nested);
}

function nestedType(contract: Contract, name: string): HTMLElement {
  const schema = contract.schemas?.[name] ?? {};
  const summary = h("summary", {}, h("code", {}, name), h("span", { class: "muted" }, ` ${schema.description?.split("\n")[0] ?? ""}`));
  return h("details", { class: "nested" }, summary, tableOf(schema));
}

function tableOf(schema: Schema): HTMLElement {
  const fields = Object.entries(schema.properties ?? {}).filter(([, field]) => field.const === undefined);
  if (schema.properties && !fields.length) return h("p", { class: "muted small" }, "No fields.");
  if (!schema.properties) return h("div", { class: "whole" }, code(typeOf(schema)), constraints(schema));
  const head = h("thead", {}, h("tr", {}, ...["Field", "Type", "Meaning"].map((name) => h("th", { scope: "col" }, name))));
  const rows = fields.map(([name, field]) => rowOf(name, field, schema.required?.includes(name) ?? false));
  return h("table", {}, head, h("tbody", {}, ...rows));
}

function rowOf(name: string, field: Schema, required: boolean): HTMLElement {
  const mark = required ? h("span", { class: "required" }, "required") : h("span", { class: "muted" }, "optional");
  const examples = (field.examples ?? []).slice(0, 3).map((example) => JSON.stringify(example));
  return h(
    "tr",
    { "data-deprecated": field.deprecated },
    h("th", { scope: "row" }, h("code", {}, name), " ", mark, field.deprecated && h("span", { class: "badge" }, "deprecated")),
    h("td", {}, code(typeOf(field)), constraints(field)),
    h(
      "td",
      {},
      field.description && h("p", {}, ...inline(field.description)),
      examples.length > 0 && h("p", { class: "muted small" }, "e.g. ", ...examples.flatMap((text, at) => [at ? ", " : "", code(text)])),
    ),
  );
}

function constraints(schema: Schema): HTMLElement | null {
  const texts = constraintsOf(schema).map((text) => h("span", { class: "constraint" }, text));
  return texts.length ? h("span", { class: "constraints" }, ...texts) : null;
}

function code(text: string): HTMLElement {
  return h("code", {}, text);
}
