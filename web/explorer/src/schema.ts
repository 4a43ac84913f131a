/** Schemas in words: what a field may hold, and which types it consists of. */

import type { Contract, Json, Schema } from "./contract";

const REF = "#/components/schemas/";

/** The name of the component that a schema refers to, or "". */
export function refOf(schema: Schema): string {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref ?? "";
  return ref.startsWith(REF) ? ref.slice(REF.length) : "";
}

/** The schema itself, with what is said beside a reference. */
export function resolve(contract: Contract, schema: Schema): Schema {
  const name = refOf(schema);
  if (!name) return schema;
  const { $ref: _ref, allOf: _allOf, ...said } = schema;
  return { ...contract.schemas?.[name], ...said };
}

/** The members of a union without null, and whether null is one. */
export function members(schema: Schema): { parts: Schema[]; nullable: boolean } {
  const parts = (schema.anyOf ?? [schema]).filter((part) => part.type !== "null");
  return { parts, nullable: parts.length < (schema.anyOf?.length ?? 1) };
}

/** A type in a few words: `string`, `array of Point`, `integer or null`. */
export function typeOf(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  const name = refOf(schema);
  if (name) return name;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return typeOfArray(schema);
  if (schema.type === "object" && !schema.properties) return typeOfMap(schema);
  const types = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type;
  return schema.format === "uuid" ? "uuid" : (types ?? "any value");
}

function typeOfArray({ items }: Schema): string {
  if (Array.isArray(items)) return `[${items.map(typeOf).join(", ")}]`;
  return items && Object.keys(items).length ? `array of ${typeOf(items)}` : "array";
}

function typeOfMap({ additionalProperties }: Schema): string {
  return additionalProperties ? `map to ${typeOf(additionalProperties)}` : "map";
}

const WORDS: [keyof Schema, string][] = [
  ["minimum", "≥ "],
  ["exclusiveMinimum", "> "],
  ["maximum", "≤ "],
  ["exclusiveMaximum", "< "],
  ["multipleOf", "multiple of "],
  ["pattern", "matches "],
  ["minProperties", "keys ≥ "],
  ["maxProperties", "keys ≤ "],
  ["contentEncoding", ""],
  ["x-format", ""],
];

const IMPLIED = ["int64", "double", "uuid"];

/** What a value has to keep to besides its type; a list of short texts. */
export function constraintsOf(schema: Schema): string[] {
  const found = WORDS.filter(([key]) => schema[key] !== undefined).map(([key, word]) => `${word}${String(schema[key])}`);
  if (schema.format && !IMPLIED.includes(schema.format)) found.unshift(schema.format);
  found.push(...range(schema.minLength, schema.maxLength, "characters"));
  if (!Array.isArray(schema.items)) found.push(...range(schema.minItems, schema.maxItems, "items"));
  if (schema.uniqueItems) found.push("no two alike");
  if (schema.default !== undefined) found.push(`default ${JSON.stringify(schema.default)}`);
  const within = (schema.anyOf ?? []).concat(schema.items && !Array.isArray(schema.items) ? schema.items : []);
  return [...found, ...within.flatMap((part) => (refOf(part) ? [] : constraintsOf(part)))];
}

function range(least: number | undefined, most: number | undefined, unit: string): string[] {
  if (least === undefined && most === undefined) return [];
  if (least === undefined || most === undefined) return [`${least === undefined ? `≤ ${most}` : `≥ ${least}`} ${unit}`];
  return [least === most ? `${least} ${unit}` : `${least} to ${most} ${unit}`];
}

/** The components that a schema consists of, nearest first, without itself. */
export function componentsOf(contract: Contract, schema: Schema): string[] {
  const found = new Set<string>();
  const waiting: Schema[] = [schema];
  for (const next of waiting) {
    for (const part of partsOf(next)) {
      const name = refOf(part);
      const component = contract.schemas?.[name];
      if (name && component && !found.has(name)) {
        found.add(name);
        waiting.push(component);
      } else if (!name) waiting.push(part);
    }
  }
  return [...found];
}

function partsOf(schema: Schema): Schema[] {
  const items = schema.items ?? [];
  const values = schema.additionalProperties || [];
  const named = schema.propertyNames ?? [];
  return [...Object.values(schema.properties ?? {}), ...(schema.anyOf ?? []), items, values, named].flat();
}

/** A value to begin with: an example, a default, or something of the type. */
export function sample(contract: Contract, schema: Schema, depth = 0): Json {
  const whole = resolve(contract, schema);
  if (whole.examples?.[0] !== undefined) return whole.examples[0];
  if (whole.default !== undefined) return whole.default;
  if (whole.const !== undefined) return whole.const;
  if (whole.enum?.[0] !== undefined) return whole.enum[0];
  if (whole.anyOf?.[0]) return sample(contract, whole.anyOf[0], depth + 1);
  return blank(contract, whole, depth);
}

function blank(contract: Contract, schema: Schema, depth: number): Json {
  if (schema.type === "object" && depth < 6) {
    const required = (schema.required ?? []).map((name) => [name, sample(contract, schema.properties?.[name] ?? {}, depth + 1)]);
    return Object.fromEntries(required) as Json;
  }
  if (Array.isArray(schema.items)) return schema.items.map((item) => sample(contract, item, depth + 1));
  const plain: Record<string, Json> = { string: "", integer: 0, number: 0, boolean: false, array: [], object: {} };
  return plain[String(schema.type)] ?? null;
}
