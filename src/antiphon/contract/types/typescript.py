"""TypeScript: interfaces, and typed calls over the npm package ``centrifuge``.

What is written is formatted as Prettier does, refers to the package by its types only, and has
nothing that cannot be erased: Node runs it as it is.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from antiphon.contract.model import Contract
from antiphon.contract.types.catalogue import catalogue
from antiphon.contract.types.names import Names, on_one_line
from antiphon.contract.types.shapes import (
    Alias,
    AnyOf,
    Call,
    Case,
    Catalogue,
    ChannelTypes,
    Constants,
    Definition,
    Enumeration,
    ListOf,
    MapOf,
    Member,
    Named,
    Plain,
    Record,
    Shape,
    Traffic,
    TupleOf,
    Union,
)

_WIDTH: Final = 80
_PLAIN: Final = {
    "any": "unknown",
    "null": "null",
    "bool": "boolean",
    "int": "number",
    "float": "number",
    "str": "string",
}
_TAKEN: Final = (
    "Array Centrifuge Channel Client Extract Handlers Map MessageContext Object Otherwise Part "
    "PublicationContext Promise RangeError RegExp ReturnType ServerPublicationContext String "
    "Subscription SubscriptionOptions Symbol Tagged TemplateStringsArray Infinity NaN"
).split()
"""What the text below calls by name, and what no type can be called."""
_WORDS: Final = frozenset(
    "arguments await break case catch class const continue debugger default delete do else enum "
    "eval export extends false finally for function if implements import in instanceof interface "
    "let new null package private protected public return static super switch this throw true try "
    "typeof undefined var void while with yield".split()
)

_HANDLERS: Final = """
interface Tagged {
  type: string;
}

/** A function for each type of event, or one for everything if it is opaque. */
export type Handlers<E, C> = [E] extends [Tagged]
  ? { [T in E["type"]]: (event: Extract<E, { type: T }>, context: C) => void }
  : (data: E, context: C) => void;

/** Takes what has no type that is known here, but to a newer server. */
export type Otherwise<C> = (data: unknown, context: C) => void;

function receiver<E, C>(handlers: Handlers<E, C>, otherwise?: Otherwise<C>) {
  if (typeof handlers === "function") return handlers as Otherwise<C>;
  const known = new Map<unknown, Otherwise<C>>(Object.entries(handlers));
  return (data: unknown, context: C) => {
    const handle = known.get((data as Tagged | null)?.type) ?? otherwise;
    handle?.(data, context);
  };
}
"""

_CHANNEL: Final = """
/** A channel, in which `E` is received and `I` may be published. */
export class Channel<E, I> {
  readonly name: string;
  readonly #centrifuge: Centrifuge;

  constructor(centrifuge: Centrifuge, name: string) {
    this.#centrifuge = centrifuge;
    this.name = name;
  }

  /** Subscribes; throws if the SDK's client has a subscription to it already. */
  subscribe(
    handlers: Handlers<E, PublicationContext>,
    otherwise?: Otherwise<PublicationContext>,
    options?: SubscriptionOptions,
  ): Subscription {
    const receive = receiver<E, PublicationContext>(handlers, otherwise);
    const subscription = this.#centrifuge.newSubscription(this.name, options);
    subscription.on("publication", (context) => receive(context.data, context));
    subscription.subscribe();
    return subscription;
  }

  /** Receives what comes if the server subscribes; returns what ends that. */
  listen(
    handlers: Handlers<E, ServerPublicationContext>,
    otherwise?: Otherwise<ServerPublicationContext>,
  ): () => void {
    const receive = receiver<E, ServerPublicationContext>(handlers, otherwise);
    const listener = (context: ServerPublicationContext) => {
      if (context.channel === this.name) receive(context.data, context);
    };
    this.#centrifuge.on("publication", listener);
    return () => void this.#centrifuge.off("publication", listener);
  }

  /** Publishes, once it is subscribed if it is to be. */
  async publish(event: I): Promise<void> {
    const subscription = this.#centrifuge.getSubscription(this.name);
    if (subscription) await subscription.publish(event);
    else await this.#centrifuge.publish(this.name, event);
  }
}
"""

_ADDRESS: Final = """
interface Part {
  value: string;
  pattern: string;
}

/** Makes a channel's name; throws a RangeError for what cannot stand there. */
function addressOf(texts: TemplateStringsArray, ...parts: Part[]): string {
  const literal = (text: string) => text.replace(/[$()+.|/-]/g, "\\\\$&");
  const groups = parts.map((part) => `(${part.pattern})`);
  const pattern = String.raw({ raw: texts.map(literal) }, ...groups);
  const name = String.raw({ raw: texts }, ...parts.map((part) => part.value));
  const found = new RegExp(`^${pattern}$`).exec(name)?.slice(1);
  if (!found || parts.some((part, n) => part.value !== found[n]))
    throw new RangeError(`no channel can be called ${JSON.stringify(name)}`);
  return name;
}
"""

_RPC: Final = """
async function rpc<R>(
  centrifuge: Centrifuge,
  method: string,
  request?: unknown,
): Promise<R> {
  return (await centrifuge.rpc(method, request)).data as R;
}
"""

_ON_MESSAGE: Final = """
function onMessage<E>(
  centrifuge: Centrifuge,
  handlers: Handlers<E, MessageContext>,
  otherwise?: Otherwise<MessageContext>,
): () => void {
  const receive = receiver<E, MessageContext>(handlers, otherwise);
  const listener = (context: MessageContext) => receive(context.data, context);
  centrifuge.on("message", listener);
  return () => void centrifuge.off("message", listener);
}
"""


def write(contract: Contract, header: str) -> str:
    """Write a module."""
    found = catalogue(contract, header=header, reserved=_TAKEN)
    callable = found.channels or found.calls or _any(found.sends) or _any(found.receives)
    parts = [f"// {found.header}\n", _imports(found) if callable else ""]
    parts += ["\n".join(_definition(each)) + "\n" for each in found.definitions]
    if found.channels or _any(found.receives):
        parts.append(_HANDLERS.lstrip())
    if found.channels:
        parts.append(_CHANNEL.lstrip())
    if any(channel.parameters for channel in found.channels):
        parts.append("\n".join([_ADDRESS.strip(), "", *_kinds(found.channels)]) + "\n")
    if found.calls:
        parts.append(_RPC.lstrip())
    if _any(found.receives):
        parts.append(_ON_MESSAGE.lstrip())
    if callable:
        parts.append("\n".join(_client(found)) + "\n")
    return "\n".join(part for part in parts if part)


def _imports(found: Catalogue) -> str:
    names = ["Centrifuge"]
    if _any(found.receives):
        names.append("MessageContext")
    if found.channels:
        names += ["PublicationContext", "ServerPublicationContext", "Subscription"]
        names.append("SubscriptionOptions")
    flat = f"import type {{ {', '.join(names)} }} from \"centrifuge\";\n"
    if len(flat) <= _WIDTH + 1:
        return flat
    return "import type {\n" + "".join(f"  {n},\n" for n in names) + '} from "centrifuge";\n'


def _any(traffic: Traffic) -> bool:
    return traffic.opaque or traffic.union is not None


def _type(shape: Shape) -> str:
    """Write a type on one line."""
    match shape:
        case Plain(kind=kind):
            return _PLAIN[kind]
        case Named(name=name):
            return name
        case ListOf(item=item):
            return f"{_in_parentheses(item)}[]"
        case TupleOf(items=items, least=least, open=more):
            parts = [_in_parentheses(i) + "?" if n >= least else _type(i) for n, i in _places(items)]
            return f"[{', '.join([*parts, *(['...unknown[]'] if more else [])])}]"
        case MapOf(key=Plain(), value=value):
            return f"{{ [key: string]: {_type(value)} }}"
        case MapOf(key=key, value=value):
            return f"{{ [K in {_type(key)}]?: {_type(value)} }}"
    return " | ".join(_choices(shape))


def _places(items: tuple[Shape, ...]) -> list[tuple[int, Shape]]:
    return list(enumerate(items))


def _in_parentheses(shape: Shape) -> str:
    return f"({_type(shape)})" if len(_choices(shape)) > 1 else _type(shape)


def _choices(shape: Shape) -> list[str]:
    """Return the parts of a union, or the one type there is."""
    if isinstance(shape, Constants):
        return [_literal(value) for value in shape.values]
    if isinstance(shape, AnyOf):
        return [choice for part in shape.parts for choice in _choices(part)]
    return [_type(shape)]


def _literal(value: Any) -> str:
    """Write a constant, a text in the quotes that need fewer backslashes."""
    if not isinstance(value, str):
        return json.dumps(value)
    written = json.dumps(value, ensure_ascii=not value.isprintable())
    if value.count('"') <= value.count("'"):
        return written
    inner = written[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inner}'"


def _definition(each: Definition) -> Iterator[str]:
    yield from _docs(each.docs, each.deprecated)
    match each:
        case Record(name=name, members=()):
            yield f"export interface {name} {{}}"
        case Record(name=name, members=members):
            yield f"export interface {name} {{"
            yield from _members(members)
            yield "}"
        case Alias(name=name, shape=shape):
            yield from _filled(f"export type {name} =", _choices(shape))
        case Enumeration(name=name, cases=cases):
            values = dict.fromkeys(_literal(value) for _, value in cases)
            yield from _filled(f"export type {name} =", values)
        case Union(name=name, cases=cases):
            yield from _filled(f"export type {name} =", _records(cases))


def _records(cases: Iterable[Case]) -> list[str]:
    return list(dict.fromkeys(case.record for case in cases))


def _members(members: tuple[Member, ...]) -> Iterator[str]:
    for member in members:
        bare = member.name.replace("$", "_").isidentifier()
        name = member.name if bare else _literal(member.name)
        yield from _docs(member.docs, "no longer needed" if member.deprecated else "", "  ")
        head = f"{name}{'?' if member.optional else ''}:"
        yield from _filled(head, _choices(member.shape), "  ")


def _filled(head: str, choices: Iterable[str], indent: str = "") -> Iterator[str]:
    """Write a union behind its head, one part a line if it is too long."""
    parts = list(choices)
    flat = f"{indent}{head} {' | '.join(parts)};"
    if len(flat) <= _WIDTH or (len(parts) == 1 and not flat.endswith(" };")):
        yield flat
        return
    if len(parts) == 1:
        yield f"{indent}{head} {{"
        yield f"{indent}  {parts[0][2:-2]};"
        yield f"{indent}}};"
        return
    yield f"{indent}{head}"
    for part in parts[:-1]:
        yield f"{indent}  | {part}"
    yield f"{indent}  | {parts[-1]};"


def _docs(lines: tuple[str, ...], deprecated: str = "", indent: str = "") -> Iterator[str]:
    """Write a comment that ends where it should, with no tags but ours."""
    safe = list(map(_safe, lines))
    if deprecated:
        safe.append(f"@deprecated {_safe(on_one_line(deprecated))}")
    if len(safe) == 1 and len(indent) + len(safe[0]) + 7 <= _WIDTH:
        yield f"{indent}/** {safe[0]} */"
    elif safe:
        yield f"{indent}/**"
        yield from (f"{indent} * {line}".rstrip() for line in safe)
        yield f"{indent} */"


def _safe(line: str) -> str:
    return line.replace("*/", "*\\/").replace("@", "\\@")


def _kinds(channels: tuple[ChannelTypes, ...]) -> Iterator[str]:
    """Write a function for each kind of parameter that there is."""
    found = {p.kind: p.expression for channel in channels for p in channel.parameters}
    for kind, expression in found.items():
        given = "number" if kind == "int" else "string"
        value = "value: `${value}`" if kind == "int" else "value"
        yield f"const as{kind.title()} = (value: {given}): Part => ({{"
        yield f"  {value},"
        yield f"  pattern: {_literal(expression)},"
        yield "});"


def _client(found: Catalogue) -> Iterator[str]:
    yield "/** Typed calls over a client of the SDK, in its default build: it speaks JSON. */"
    yield "export function createClient(centrifuge: Centrifuge) {"
    yield "  return {"
    yield from _group("channel", (line for each in found.channels for line in _channel(each)))
    yield from _group("call", (line for each in found.calls for line in _call(each)))
    if _any(found.sends):
        yield "    /** Sends a message that is not answered. */"
        yield from _arrow("send", f"(message: {_traffic(found.sends)})", "centrifuge.send", (), ("message",))
    if _any(found.receives):
        yield "    /** Receives messages of no channel; returns what ends that. */"
        name = _traffic(found.receives)
        yield "    onMessage: ("
        yield f"      handlers: Handlers<{name}, MessageContext>,"
        yield "      otherwise?: Otherwise<MessageContext>,"
        yield f"    ) => onMessage<{name}>(centrifuge, handlers, otherwise),"
    yield "  };"
    yield "}"
    yield ""
    yield "export type Client = ReturnType<typeof createClient>;"


def _group(name: str, lines: Iterable[str]) -> Iterator[str]:
    inner = list(lines)
    if inner:
        yield f"    {name}: {{"
        yield from (f"  {line}" for line in inner)
        yield "    },"


def _traffic(traffic: Traffic) -> str:
    if traffic.union:
        return traffic.union.name
    return "unknown" if traffic.opaque else "never"


def _channel(channel: ChannelTypes) -> Iterator[str]:
    free = Names(_WORDS | {"centrifuge"})
    names = [free.claim(parameter.name) for parameter in channel.parameters]
    kinds = ["number" if p.kind == "int" else "string" for p in channel.parameters]
    given = ", ".join(f"{name}: {kind}" for name, kind in zip(names, kinds, strict=True))
    address = channel.literals[0]
    for name, p, literal in zip(names, channel.parameters, channel.literals[1:], strict=True):
        address += f"${{as{p.kind.title()}({name})}}{literal}"
    written = f"addressOf`{address}`" if names else _literal(address)
    yield from _docs((*channel.docs, f"Channel `{channel.template}`."), "", "    ")
    types = (_traffic(channel.receives), _traffic(channel.sends))
    yield from _arrow(channel.key, f"({given})", "new Channel", types, ("centrifuge", written))


def _call(call: Call) -> Iterator[str]:
    yield from _docs(call.docs, call.deprecated, "    ")
    given = f"(request: {_type(call.request)})" if call.request else "()"
    answer = _type(call.response) if call.response else "void"
    method = ("centrifuge", _literal(call.method), *(("request",) if call.request else ()))
    yield from _arrow(call.key, given, "rpc", (answer,), method)


def _arrow(
    name: str, given: str, called: str, types: tuple[str, ...], arguments: tuple[str, ...]
) -> Iterator[str]:
    """Write a function that calls another, as long as it fits on one line, or on more."""
    room = _WIDTH - 2
    made = f"{called}<{', '.join(types)}>" if types else called
    head, body = f"    {name}: {given} =>", f"{made}({', '.join(arguments)}),"
    if len(head) + 1 + len(body) <= room:
        yield f"{head} {body}"
        return
    if len(head) <= room or given == "()":
        yield head
    else:
        yield f"    {name}: ("
        yield from (f"      {parameter}," for parameter in given[1:-1].split(", "))
        yield "    ) =>"
    if 6 + len(body) <= room:
        yield f"      {body}"
        return
    if 6 + len(made) + 1 <= room:
        yield f"      {made}("
    else:
        yield f"      {called}<"
        yield from _separated(types, "        ")
        yield "      >("
    yield from (f"        {argument}," for argument in arguments)
    yield "      ),"


def _separated(parts: tuple[str, ...], indent: str) -> Iterator[str]:
    yield from (f"{indent}{part}," for part in parts[:-1])
    yield f"{indent}{parts[-1]}"
