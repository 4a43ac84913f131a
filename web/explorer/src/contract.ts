/** What an app declares, as `docs/contract.json` tells it: antiphon.contract.model, with its defaults left out. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** JSON Schema of the subset that antiphon.contract.schema describes. */
export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  anyOf?: Schema[];
  type?: string | string[];
  const?: Json;
  enum?: Json[];
  format?: string;
  title?: string;
  description?: string;
  default?: Json;
  examples?: Json[];
  deprecated?: boolean;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | false;
  propertyNames?: Schema;
  items?: Schema | Schema[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  contentEncoding?: string;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  "x-format"?: string;
  "x-enum-varnames"?: string[];
  "x-always-sent"?: string[];
}

export interface Messages {
  events?: string[];
  opaque?: boolean;
}

export interface EventType {
  name: string;
  tag: string;
  description?: string;
  deprecated?: string;
  examples?: Json[];
}

export interface Parameter {
  name: string;
  type: string;
  pattern: string;
  example: string;
  description?: string;
}

export interface Channel {
  key: string;
  address: string;
  template: string;
  delivery: "at-most-once" | "recoverable" | "latest-value";
  description?: string;
  parameters?: Parameter[];
  publishes?: Messages;
  accepts?: Messages;
  history?: { size: number; ttl: number; mode: "stream" | "cache"; without?: string[] };
  open?: boolean;
  decides?: boolean;
  personal?: boolean;
  presence?: boolean;
  join_leave?: boolean;
  publish_unsubscribed?: boolean;
  read_unsubscribed?: boolean;
  delta?: boolean;
  tags_filter?: boolean;
}

export interface Payload {
  schema?: Schema;
  opaque?: boolean;
  examples?: Json[];
}

export interface Method {
  key: string;
  name: string;
  description?: string;
  deprecated?: string;
  request?: Payload;
  response?: Payload;
}

export interface Code {
  number: number;
  text: string;
  meaning?: string;
  again?: boolean;
}

export interface Contract {
  title: string;
  version: string;
  description?: string;
  auth?: { name: string; description: string }[];
  transports?: { name: string; protocol: string; path: string }[];
  channels?: Channel[];
  methods?: Method[];
  accepts?: Messages;
  sends?: Messages;
  events?: Record<string, EventType>;
  schemas?: Record<string, Schema>;
  errors?: Code[];
  closes?: Code[];
  unsubscribes?: Code[];
  limits?: Record<string, number>;
}

/** Nobody without a token may read the contract. */
export class TokenNeeded extends Error {}

/** Fetch the contract; throws `TokenNeeded`, or an `Error` whose text is for the reader. */
export async function fetchContract(token: string): Promise<Contract> {
  const response = await fetch("docs/contract.json", token ? { headers: { Authorization: `Bearer ${token}` } } : {});
  if (response.status === 401) throw new TokenNeeded("This token is not accepted.");
  if (!response.ok) throw new Error(`The server answers ${response.status}: ${await response.text()}`);
  return (await response.json()) as Contract;
}

/** The declared event of this name. */
export function eventOf(contract: Contract, name: string): EventType {
  return contract.events?.[name] ?? { name, tag: name };
}

/** The URL of the app's WebSocket, below the path where this page was found. */
export function socketUrl(contract: Contract): string {
  const path = contract.transports?.find((transport) => transport.name === "websocket")?.path;
  const url = new URL((path ?? "/connection/websocket").slice(1), location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.hash = url.search = "";
  return url.href;
}
