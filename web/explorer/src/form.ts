/** A form made from a schema. The server is the judge of what is filled in: the form only writes it as JSON.
 *
 * Objects become groups; numbers, texts, choices and yes or no become inputs; everything else is JSON in a
 * text area. What is left empty and not required is left out.
 */

import type { Contract, Json, Schema } from "./contract";
import { h, inline } from "./dom";
import { constraintsOf, members, refOf, resolve, typeOf } from "./schema";

const DEEPEST = 3;

/** One part of a form: reads what was filled in; undefined is nothing. */
type Read = () => Json | undefined;

/** Where on the page the field with a path is. */
interface Place {
  path: string;
  field: HTMLElement;
  problem: HTMLElement;
}

let made = 0;

/** A form for one object. */
export class Form {
  readonly element = h("div", { class: "form" });
  private readonly places: Place[] = [];
  private readonly read: Read;

  constructor(
    private readonly contract: Contract,
    schema: Schema,
    start: Json,
  ) {
    this.read = this.group(resolve(contract, schema), start, "", this.element, 0);
  }

  /** What is filled in, as JSON. */
  value(): Json {
    return this.read() ?? {};
  }

  /** Show an error at the field that it names, and say whether there is one. */
  blame(path: string, text: string): boolean {
    this.absolve();
    const place = this.places
      .filter((one) => path === one.path || path.startsWith(`${one.path}.`) || path.startsWith(`${one.path}[`))
      .sort((one, other) => other.path.length - one.path.length)[0];
    if (!place) return false;
    place.problem.textContent = text;
    place.field.setAttribute("aria-invalid", "true");
    place.field.focus();
    return true;
  }

  /** Take all errors away. */
  absolve(): void {
    for (const { field, problem } of this.places) {
      problem.textContent = "";
      field.removeAttribute("aria-invalid");
    }
  }

  private group(schema: Schema, start: Json, path: string, into: HTMLElement, depth: number): Read {
    const values = isObject(start) ? start : {};
    const reads = Object.entries(schema.properties ?? {}).map(([name, field]): [string, Read] => {
      const required = schema.required?.includes(name) ?? false;
      if (field.const !== undefined) return [name, () => (required ? field.const : undefined)];
      return [name, this.field(name, field, values[name], path ? `${path}.${name}` : name, required, into, depth)];
    });
    return () => {
      const found = reads.map(([name, read]) => [name, read()]).filter(([, value]) => value !== undefined);
      return Object.fromEntries(found) as Json;
    };
  }

  private field(
    name: string,
    schema: Schema,
    start: Json | undefined,
    path: string,
    required: boolean,
    into: HTMLElement,
    depth: number,
  ): Read {
    const { parts, nullable } = members(resolve(this.contract, schema));
    const one = parts.length === 1 ? resolve(this.contract, parts[0]!) : {};
    if (one.properties && required && !nullable && depth < DEEPEST) return this.nested(name, one, start, path, into, depth);
    const empty = required ? (nullable ? null : emptyOf(one)) : undefined;
    const { control, read } = inputFor(one, start, empty);
    this.label(name, schema, one, path, required, control, into);
    return read;
  }

  private nested(name: string, schema: Schema, start: Json | undefined, path: string, into: HTMLElement, depth: number): Read {
    const problem = h("p", { class: "problem", role: "alert" });
    const group = h("fieldset", { tabindex: -1 }, h("legend", {}, name), problem);
    this.places.push({ path, field: group, problem });
    into.append(group);
    return this.group(schema, start ?? {}, path, group, depth + 1);
  }

  private label(
    name: string,
    schema: Schema,
    one: Schema,
    path: string,
    required: boolean,
    control: HTMLElement,
    into: HTMLElement,
  ): void {
    const id = `field-${++made}`;
    const problem = h("p", { class: "problem", id: `${id}-problem`, role: "alert" });
    control.id = id;
    control.dataset["path"] = path;
    control.setAttribute("aria-describedby", `${id}-hint ${id}-problem`);
    const hint = [typeOf(schema), ...constraintsOf(refOf(schema) ? one : schema)].join(", ");
    const row = h(
      "div",
      { class: "field" },
      h("label", { for: id }, name, required && h("span", { class: "required", title: "required" }, " *")),
      h("p", { class: "hint", id: `${id}-hint` }, hint, schema.description ? " · " : "", ...inline(schema.description ?? "")),
      control,
      problem,
    );
    this.places.push({ path, field: control, problem });
    into.append(row);
  }
}

interface Input {
  control: HTMLElement;
  read: Read;
}

function inputFor(schema: Schema, start: Json | undefined, empty: Json | undefined): Input {
  const choices = schema.enum ?? (schema.type === "boolean" ? [true, false] : undefined);
  if (choices) return choice(choices, start, empty);
  if (schema.type === "integer" || schema.type === "number") return number(start, empty);
  if (schema.type === "string") return text(start, empty, (schema.maxLength ?? 0) > 200);
  return anything(start, empty);
}

function choice(values: Json[], start: Json | undefined, empty: Json | undefined): Input {
  const options = values.map((value) => h("option", { value: JSON.stringify(value) }, typeof value === "string" ? value : JSON.stringify(value)));
  const control = h("select", { class: "input" }, h("option", { value: "" }, "—"), ...options);
  control.value = start === undefined ? "" : JSON.stringify(start);
  return { control, read: () => (control.value ? (JSON.parse(control.value) as Json) : (empty ?? undefined)) };
}

function number(start: Json | undefined, empty: Json | undefined): Input {
  const control = h("input", { class: "input figure", inputmode: "decimal", autocomplete: "off" });
  control.value = start === undefined || start === null ? "" : String(start);
  const read = (): Json | undefined => {
    const written = control.value.trim();
    if (!written) return empty;
    // What is no number goes as it is: the server's answer says what is wrong with it.
    return Number.isNaN(Number(written)) ? written : Number(written);
  };
  return { control, read };
}

function text(start: Json | undefined, empty: Json | undefined, long: boolean): Input {
  const control = long
    ? h("textarea", { class: "input", rows: 2, spellcheck: "false" })
    : h("input", { class: "input", autocomplete: "off", spellcheck: "false" });
  control.value = typeof start === "string" ? start : "";
  return { control, read: () => control.value || empty };
}

function anything(start: Json | undefined, empty: Json | undefined): Input {
  const control = h("textarea", { class: "input mono", rows: 2, spellcheck: "false", placeholder: "JSON" });
  control.value = start === undefined ? "" : JSON.stringify(start);
  return { control, read: () => parsed(control.value, empty) };
}

function parsed(written: string, empty: Json | undefined): Json | undefined {
  if (!written.trim()) return empty;
  try {
    return JSON.parse(written) as Json;
  } catch {
    return written;
  }
}

/** What a required field that was left empty is sent as: for the server to refuse where that is wrong. */
function emptyOf(schema: Schema): Json | undefined {
  return schema.type === "string" && !schema.enum ? "" : undefined;
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
