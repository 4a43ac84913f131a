"""Python: typed dicts, and typed calls over the package ``centrifuge-python``.

Events are typed dicts, not classes, because the SDK hands over what `json` made of them: so they
cost nothing at run time, need nothing but the standard library, and a checker still tells them apart
by their tag. What is written passes ``mypy --strict``, is formatted as Black does, and needs Python
3.11. The SDK has no one-way messages; neither has what is written.
"""

import re
from collections.abc import Iterable, Iterator
from keyword import iskeyword
from typing import Any, Final

from msgspec import structs

from antiphon.contract.model import Contract, Messages
from antiphon.contract.types import python_runtime as runtime
from antiphon.contract.types.catalogue import catalogue
from antiphon.contract.types.names import Names, in_quotes, on_one_line, paragraphs, snake
from antiphon.contract.types.shapes import (
    Alias,
    AnyOf,
    Call,
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

_WIDTH: Final = 88
_PLAIN: Final = {
    "any": "Any",
    "null": "None",
    "bool": "bool",
    "int": "int",
    "float": "float",
    "str": "str",
}
_KINDS: Final = {"str": "str", "int": "int", "uuid": "UUID"}
_TYPING: Final = "Any Generic Literal Never NotRequired TypeAlias TypedDict TypeVar".split()
_TAKEN: Final = (
    *_TYPING,
    *"Awaitable Calls Callable Channel Channels Client E False H Handler None S True UUID".split(),
)
_NO_FIELDS: Final = frozenset("Any Handler bool dict float int list str tuple".split())
"""Names that annotations in the same class could not use any more."""


def write(contract: Contract, header: str) -> str:
    """Write a module."""
    heard = structs.replace(contract, accepts=Messages(), sends=Messages())
    found = catalogue(
        heard, header=header, reserved=_TAKEN, claimed=lambda name: (f"{name}Handlers",)
    )
    names = frozenset(each.name for each in found.definitions)
    blocks = ["\n".join(_definition(each, names)) for each in found.definitions]
    if found.channels:
        blocks += [runtime.HANDLER.strip(), *_handlers(found), runtime.CHANNEL.strip()]
    if any(channel.parameters for channel in found.channels):
        blocks += ["\n".join(_expressions(found)), runtime.NAME.strip()]
    if found.channels:
        blocks.append("\n".join(_channels(found)))
    if found.calls:
        blocks.append("\n".join(_calls(found)))
    if found.channels or found.calls:
        blocks.append("\n".join(_client(found)))
    body = _spaced(blocks)
    return (
        "\n".join([*_docs((header,)), "", _imports(body) + body])
        if blocks
        else "\n".join(_docs((header,))) + "\n"
    )


def _spaced(blocks: Iterable[str]) -> str:
    """Put two empty lines around classes and functions, and one between assignments."""
    text = ""
    after = False
    for block in blocks:
        stands = block.startswith(("class ", "def "))
        text += ("\n\n" if stands or after else "\n") + block + "\n"
        after = stands
    return text


def _imports(body: str) -> str:
    def used(name: str) -> bool:
        return re.search(rf"\b{name}\b", body) is not None

    typing = [name for name in sorted([*_TYPING, "cast"], key=_as_isort) if used(name)]
    lines = ["from __future__ import annotations", ""]
    if "re.fullmatch" in body:
        lines.append("import re")
    if "Awaitable[" in body:
        lines.append("from collections.abc import Awaitable, Callable")
    if "copy(" in body:
        lines.append("from copy import copy")
    if typing:
        lines += _from_typing(typing)
    if used("UUID"):
        lines.append("from uuid import UUID")
    if "centrifuge." in body:
        lines += ["", "import centrifuge  # type: ignore[import-untyped, unused-ignore]"]
    return "\n".join(lines) + "\n"


def _as_isort(name: str) -> tuple[bool, str]:
    return name[0].islower(), name.lower()


def _from_typing(names: list[str]) -> list[str]:
    flat = f"from typing import {', '.join(names)}"
    if len(flat) <= _WIDTH:
        return [flat]
    return ["from typing import (", *(f"    {name}," for name in names), ")"]


def _type(shape: Shape) -> str:
    match shape:
        case Plain(kind=kind):
            return _PLAIN[kind]
        case Named(name=name):
            return name
        case ListOf(item=item):
            return f"list[{_type(item)}]"
        case MapOf(key=key, value=value):
            return f"dict[{_type(key)}, {_type(value)}]"
        case Constants(values=values):
            return _one_of(values)
        case AnyOf(parts=parts):
            return " | ".join(map(_type, parts))
    return _tuple(shape)


def _tuple(shape: TupleOf) -> str:
    """Write a tuple as long as it may be, though JSON makes it a list."""
    items = [*map(_type, shape.items)]
    sizes = range(shape.least, len(items) + 1)
    written = [", ".join(items[:size]) or "()" for size in sizes]
    if shape.open:
        written[-1] = ", ".join([*items, "*tuple[Any, ...]"])
    return " | ".join(f"tuple[{inner}]" for inner in written)


def _one_of(values: Iterable[Any]) -> str:
    written = dict.fromkeys(repr(v) if not isinstance(v, str) else _text(v) for v in values)
    return f"Literal[{', '.join(written)}]"


def _text(text: str) -> str:
    return in_quotes(text, escape=lambda number: f"\\U{number:08x}")


def _definition(each: Definition, names: frozenset[str]) -> Iterator[str]:
    docs = _advised(each.docs, each.deprecated)
    match each:
        case Record(name=name, members=members):
            yield from _record(name, members, docs, names)
            return
        case Alias(name=name, shape=shape):
            yield f"{name}: TypeAlias = {_text(_type(shape))}"
        case Enumeration(name=name, cases=cases):
            yield f"{name}: TypeAlias = {_one_of(value for _, value in cases)}"
        case Union(name=name, cases=cases):
            records = dict.fromkeys(case.record for case in cases)
            yield f"{name}: TypeAlias = {_text(' | '.join(records))}"
    yield from _docs(docs)


def _advised(docs: tuple[str, ...], deprecated: str) -> tuple[str, ...]:
    return paragraphs(docs, f"Deprecated: {on_one_line(deprecated)}." if deprecated else "")


def _record(
    name: str, members: tuple[Member, ...], docs: tuple[str, ...], names: frozenset[str]
) -> Iterator[str]:
    if not all(_is_attribute(member.name, names) for member in members):
        yield from _odd_record(name, members)
        yield from _docs(docs)
        return
    yield f"class {name}(TypedDict):"
    yield from _docs(docs, "    ")
    if not members:
        yield "    pass"
    elif docs:
        yield ""
    for member in members:
        yield f"    {member.name}: {_member(member)}"
        yield from _docs(_about(member), "    ")


def _member(member: Member) -> str:
    written = _type(member.shape)
    return f"NotRequired[{written}]" if member.optional else written


def _about(member: Member) -> tuple[str, ...]:
    return (*member.docs, "Deprecated.") if member.deprecated else member.docs


def _is_attribute(name: str, names: frozenset[str]) -> bool:
    """Whether a field may be written as an attribute of a class."""
    hidden = name.startswith("__") or name in _NO_FIELDS or name in names
    return name.isascii() and name.isidentifier() and not iskeyword(name) and not hidden


def _odd_record(name: str, members: tuple[Member, ...]) -> Iterator[str]:
    """Write a record some of whose fields could not be attributes."""
    yield f"{name} = TypedDict("
    yield f"    {_text(name)},"
    yield "    {"
    for member in members:
        yield from (f"        # {line}".rstrip() for line in _about(member))
        yield f"        {_text(member.name)}: {_text(_member(member))},"
    yield "    },"
    yield ")"


def _docs(lines: tuple[str, ...], indent: str = "") -> Iterator[str]:
    """Write a docstring that ends where it should."""
    if not lines:
        return
    safe = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') for line in lines]
    if safe[0].startswith('"'):
        safe[0] = "\\" + safe[0]
    if safe[-1].endswith('"'):
        safe[-1] = safe[-1][:-1] + '\\"'
    if len(safe) == 1:
        yield f'{indent}"""{safe[0]}"""'
        return
    yield f'{indent}"""{safe[0]}'
    yield from (f"{indent}{line}".rstrip() for line in safe[1:])
    yield f'{indent}"""'


def _handlers(found: Catalogue) -> Iterator[str]:
    for channel in found.channels:
        if union := channel.receives.union:
            shapes = [(str(case.tag), Named(f"Handler[{case.record}]")) for case in union.cases]
            members = tuple(Member(name=tag, shape=s, optional=False) for tag, s in shapes)
            yield "\n".join(_record(f"{channel.type_name}Handlers", members, (), frozenset()))


def _expressions(found: Catalogue) -> Iterator[str]:
    kinds = {p.kind: p.expression for channel in found.channels for p in channel.parameters}
    for kind, expression in kinds.items():
        yield f"_{kind.upper()} = {_raw(expression)}"


def _raw(expression: str) -> str:
    return f'r"{expression}"'


def _channels(found: Catalogue) -> Iterator[str]:
    yield "class Channels:"
    yield from _holding('"""The channels that are declared."""')
    free = Names(["_client"])
    for channel in found.channels:
        yield ""
        yield from _channel(channel, free.claim(_method_name(channel.key)))


def _holding(docs: str) -> Iterator[str]:
    yield f"    {docs}"
    yield ""
    yield "    def __init__(self, client: centrifuge.Client) -> None:"
    yield "        self._client = client"


def _method_name(key: str) -> str:
    name = snake(key)
    return f"{name}_" if iskeyword(name) else name


def _channel(channel: ChannelTypes, name: str) -> Iterator[str]:
    types = f"Channel[{_handler(channel)}, {_sent(channel.sends)}]"
    given = [f"{p.name}: {_KINDS[p.kind]}" for p in channel.parameters]
    yield from _signature("def", name, given, types)
    yield from _docs(channel.docs, "        ")
    written = [_text(channel.literals[0])]
    if channel.parameters:
        written = list(_exploded("_name", _address(channel), "            "))
    yield from _returned(written)


def _handler(channel: ChannelTypes) -> str:
    if channel.receives.union:
        return f"{channel.type_name}Handlers"
    return "Handler[Any]" if channel.receives.opaque else "dict[str, Never]"


def _sent(traffic: Traffic) -> str:
    if traffic.union:
        return traffic.union.name
    return "Any" if traffic.opaque else "Never"


def _address(channel: ChannelTypes) -> list[str]:
    pattern, name = re.escape(channel.literals[0]), channel.literals[0]
    for parameter, literal in zip(channel.parameters, channel.literals[1:], strict=True):
        pattern += f"({{_{parameter.kind.upper()}}}){re.escape(literal)}"
        name += f"{{{parameter.name}}}{literal}"
    raw = "rf" if "\\" in pattern else "f"
    return [f'{raw}"{pattern}"', f'f"{name}"', *(p.name for p in channel.parameters)]


def _returned(written: list[str]) -> Iterator[str]:
    flat = f"        return Channel(self._client, {written[0]})"
    if len(written) == 1 and len(flat) <= _WIDTH:
        yield flat
        return
    yield "        return Channel("
    yield "            self._client,"
    yield from (f"            {line}" for line in written[:-1])
    yield f"            {written[-1]},"
    yield "        )"


def _exploded(called: str, arguments: list[str], indent: str) -> Iterator[str]:
    flat = f"{called}({', '.join(arguments)})"
    if len(indent) + len(flat) + 1 <= _WIDTH:
        yield flat
        return
    yield f"{called}("
    yield from (f"    {argument}," for argument in arguments)
    yield ")"


def _signature(kind: str, name: str, given: list[str], answer: str) -> Iterator[str]:
    flat = f"    {kind} {name}({', '.join(['self', *given])}) -> {answer}:"
    if len(flat) <= _WIDTH:
        yield flat
        return
    yield f"    {kind} {name}("
    yield from (f"        {parameter}," for parameter in ("self", *given))
    yield f"    ) -> {answer}:"


def _calls(found: Catalogue) -> Iterator[str]:
    yield "class Calls:"
    yield from _holding('"""The methods that may be called."""')
    free = Names(["_client"])
    for call in found.calls:
        yield ""
        yield from _call(call, free.claim(_method_name(call.key)))


def _call(call: Call, name: str) -> Iterator[str]:
    answer = _type(call.response) if call.response else "None"
    given = [f"request: {_type(call.request)}"] if call.request else []
    yield from _signature("async def", name, given, answer)
    yield from _docs(_advised(call.docs, call.deprecated), "        ")
    request = "request" if call.request else "None"
    awaited = f"await self._client.rpc({_text(call.method)}, {request})"
    if answer == "None":
        yield f"        {awaited}"
    else:
        yield f"        result = {awaited}"
        yield f"        answer: {answer} = result.data"
        yield "        return answer"


def _client(found: Catalogue) -> Iterator[str]:
    yield "class Client:"
    yield '    """Typed calls over a client of the SDK that speaks JSON, as it does by default."""'
    yield ""
    yield "    def __init__(self, client: centrifuge.Client) -> None:"
    if found.channels:
        yield "        self.channel = Channels(client)"
    if found.calls:
        yield "        self.call = Calls(client)"
