"""TypeScript: interfaces, and typed calls over the npm package ``centrifuge``.

What is written is formatted as Prettier does, refers to the package by its types only, and has
nothing that cannot be erased: Node runs it as it is.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from antiphon.contract.model import Contract
from antiphon.contract.types import typescript_runtime as runtime
from antiphon.contract.types.catalogue import catalogue
from antiphon.contract.types.names import Names, in_quotes, on_one_line
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


def write(contract: Contract, header: str) -> str:
    """Write a module."""
    found = catalogue(contract, header=header, reserved=_TAKEN)
    speaks = found.channels or found.calls or _any(found.sends) or _any(found.receives)
    parts = [f"// {found.header}\n", _imports(found) if speaks else ""]
    parts += ["\n".join(_definition(each)) + "\n" for each in found.definitions]
    if found.channels or _any(found.receives):
        parts.append(runtime.HANDLERS.lstrip())
    if found.channels:
        parts.append(runtime.CHANNEL.lstrip())
    if any(channel.parameters for channel in found.channels):
        parts.append("\n".join([runtime.ADDRESS.strip(), "", *_kinds(found.channels)]) + "\n")
    if found.calls:
        parts.append(runtime.RPC.lstrip())
    if _any(found.receives):
        parts.append(runtime.ON_MESSAGE.lstrip())
    if speaks:
        parts.append("\n".join(_client(found)) + "\n")
    return "\n".join(part for part in parts if part)


def _imports(found: Catalogue) -> str:
    names = ["Centrifuge"]
    if _any(found.receives):
        names.append("MessageContext")
    if found.channels:
        names += ["PublicationContext", "ServerPublicationContext", "Subscription"]
        names.append("SubscriptionOptions")
    flat = f'import type {{ {", ".join(names)} }} from "centrifuge";\n'
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
            parts = [_type(item) for item in items[:least]]
            parts += [f"{_in_parentheses(item)}?" for item in items[least:]]
            return f"[{', '.join([*parts, *(['...unknown[]'] if more else [])])}]"
        case MapOf(key=Plain(), value=value):
            return f"{{ [key: string]: {_type(value)} }}"
        case MapOf(key=key, value=value):
            return f"{{ [K in {_type(key)}]?: {_type(value)} }}"
    return " | ".join(_choices(shape))


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
    if not isinstance(value, str):
        return json.dumps(value)
    return in_quotes(value, escape=lambda number: f"\\u{{{number:x}}}")


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
        yield from _arrow(
            "send", (f"message: {_traffic(found.sends)}",), "centrifuge.send", (), ("message",)
        )
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
    given = tuple(f"{name}: {kind}" for name, kind in zip(names, kinds, strict=True))
    address = channel.literals[0]
    for name, p, literal in zip(names, channel.parameters, channel.literals[1:], strict=True):
        address += f"${{as{p.kind.title()}({name})}}{literal}"
    written = f"addressOf`{address}`" if names else _literal(address)
    yield from _docs(channel.docs, "", "    ")
    types = (_traffic(channel.receives), _traffic(channel.sends))
    yield from _arrow(channel.key, given, "new Channel", types, ("centrifuge", written))


def _call(call: Call) -> Iterator[str]:
    yield from _docs(call.docs, call.deprecated, "    ")
    given = (f"request: {_type(call.request)}",) if call.request else ()
    answer = _type(call.response) if call.response else "void"
    method = ("centrifuge", _literal(call.method), *(("request",) if call.request else ()))
    yield from _arrow(call.key, given, "rpc", (answer,), method)


def _arrow(
    name: str,
    given: tuple[str, ...],
    called: str,
    types: tuple[str, ...],
    arguments: tuple[str, ...],
) -> Iterator[str]:
    """Write a function that calls another, as long as it fits on one line, or on more."""
    head = f"    {name}: ({', '.join(given)}) =>"
    made = f"{called}<{', '.join(types)}>" if types else called
    body = f"{made}({', '.join(arguments)}),"
    if len(head) + 1 + len(body) <= _WIDTH - 2:
        yield f"{head} {body}"
        return
    if len(head) <= _WIDTH - 2 or not given:
        yield head
    else:
        yield f"    {name}: ("
        yield from (f"      {parameter}," for parameter in given)
        yield "    ) =>"
    yield from [f"      {body}"] if len(body) <= _WIDTH - 8 else _call_of(called, types, arguments)


def _call_of(called: str, types: tuple[str, ...], arguments: tuple[str, ...]) -> Iterator[str]:
    """Write a call with an argument a line, and a type too if need be."""
    flat = f"      {called}<{', '.join(types)}>("
    if len(flat) <= _WIDTH - 2:
        yield flat if types else f"      {called}("
    else:
        yield f"      {called}<"
        yield from _separated(types, "        ")
        yield "      >("
    yield from (f"        {argument}," for argument in arguments)
    yield "      ),"


def _separated(parts: tuple[str, ...], indent: str) -> Iterator[str]:
    yield from (f"{indent}{part}," for part in parts[:-1])
    yield f"{indent}{parts[-1]}"
