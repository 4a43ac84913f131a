"""Dart: classes with ``fromJson`` and ``toJson``, for Dart 3.3 or newer.

A union is a sealed class; what it does not know is `Unknown`, with the JSON in it. Enums are extension
types. JSON that does not fit raises a ``TypeError``, as Dart's casts do.
"""

from collections.abc import Iterator
from typing import Any, Final

from antiphon.contract.model import Contract
from antiphon.contract.types.catalogue import catalogue
from antiphon.contract.types.models import (
    Property,
    Type,
    constants,
    properties,
    small,
    type_of,
    unions_of,
)
from antiphon.contract.types.names import escaped, identifiers, on_one_line
from antiphon.contract.types.shapes import (
    Alias,
    Catalogue,
    Definition,
    Enumeration,
    Record,
    Union,
)

_WORDS: Final = frozenset(
    "abstract as assert async await base bool break case catch class const continue covariant default "
    "deferred do double dynamic else enum export extends extension external factory false final "
    "finally for get hashCode hide if implements import in int interface is item json late library "
    "mixin new noSuchMethod null num of on operator part required rethrow return runtimeType sealed "
    "set show static super switch sync this throw toJson toString true try typedef value var void "
    "when while with yield fromJson".split()
)
"""Words of the language, and names of members and variables that classes have here already."""
_TAKEN: Final = (
    "DateTime Deprecated Enum Function Iterable Json List Map MapEntry Never Null Object Record Set String "
    "Type TypeError Unknown"
).split()
_PLAIN: Final = {
    "any": "Object?",
    "bool": "bool",
    "int": "int",
    "float": "double",
    "str": "String",
}
_WIDTH: Final = 80
_JSON: Final = "typedef Json = Map<String, Object?>;"
_HELPERS: Final = {
    "_list(": """
List<T> _list<T>(Object? json, T Function(Object?) read) =>
    (json as List<Object?>).map(read).toList();
""",
    "_map(": """
Map<String, T> _map<T>(Object? json, T Function(Object?) read) =>
    (json as Json).map((key, value) => MapEntry(key, read(value)));
""",
    "_maybe(": """
T? _maybe<T>(Object? json, T Function(Object?) read) =>
    json == null ? null : read(json);
""",
}


def write(contract: Contract, header: str) -> str:
    """Write a library."""
    found = catalogue(contract, header=header, reserved=_TAKEN)
    writer = _Writer(found)
    written = ["\n".join(writer.definition(each)) for each in found.definitions]
    blocks = [f"// {found.header}", *([_JSON] if written else []), *written]
    if names := [each.name for each in found.definitions if isinstance(each, Union)]:
        blocks.append("\n".join(_unknown(names)))
    body = "".join(written)
    blocks += [helper.strip() for call, helper in _HELPERS.items() if call in body]
    return "\n\n".join(blocks) + "\n"


class _Writer:
    """Writes definitions, and knows what those are that others refer to."""

    def __init__(self, found: Catalogue) -> None:
        self._unions = unions_of(found)
        self._enums = {
            each.name: "String" if isinstance(each.cases[0][1], str) else "int"
            for each in found.definitions
            if isinstance(each, Enumeration)
        }
        self._aliases = {
            each.name: each.shape for each in found.definitions if isinstance(each, Alias)
        }

    def definition(self, each: Definition) -> Iterator[str]:
        """Write one."""
        yield from _docs(each.docs)
        if each.deprecated:
            yield f"@Deprecated({_text(on_one_line(each.deprecated))})"
        match each:
            case Record():
                yield from self._record(each)
            case Alias(name=name, shape=shape):
                yield f"typedef {name} = {_type(type_of(shape))};"
            case Enumeration():
                yield from _enumeration(each, self._enums[each.name])
            case Union():
                yield from _union(each)

    def _record(self, record: Record) -> Iterator[str]:
        found = properties(record, lambda names: identifiers(names, reserved=_WORDS))
        free = [each for each in found if each.constant is None]
        unions = self._unions.get(record.name, [])
        yield from _class(f"final class {record.name}", unions)
        parameters = [f"{'' if p.optional else 'required '}this.{p.name}" for p in free]
        if parameters:
            yield from _listed(f"  const {record.name}({{", parameters, "});")
        else:
            yield f"  const {record.name}();"
        yield ""
        arguments = [f"{p.name}: {self._read(_nullable(p), _field(p))}" for p in free]
        made = f"  factory {record.name}.fromJson(Json json) => {record.name}("
        yield from _listed(made, arguments, ");")
        yield ""
        for each in found:
            yield from _property(each)
        yield ""
        if unions:
            yield "  @override"
        yield from _listed("  Json toJson() => {", [self._entry(p) for p in found], "};")
        yield "}"

    def _entry(self, each: Property) -> str:
        if each.optional:
            value = self._write(_known(each.type), "value")
            return f"if ({each.name} case final value?) {_text(each.wire)}: {value}"
        return f"{_text(each.wire)}: {self._write(each.type, each.name)}"

    def _read(self, found: Type, json: str) -> str:
        """Write what makes a value from JSON."""
        maybe = "?" if found.nullable else ""
        match found.kind:
            case "any":
                return json
            case "float":
                return f"({json} as num{maybe}){maybe}.toDouble()"
            case "bool" | "int" | "str":
                return f"{json} as {_type(found)}"
        if found.nullable:
            return f"_maybe({json}, (value) => {self._read(_known(found), 'value')})"
        match found.kind:
            case "list" | "map" as kind:
                return f"_{kind}({json}, (item) => {self._read(found.inner, 'item')})"
        return self._read_named(found.name, json)

    def _read_named(self, name: str, json: str) -> str:
        if name in self._aliases:
            return self._read(type_of(self._aliases[name]), json)
        if name in self._enums:
            return f"{name}({json} as {self._enums[name]})"
        return f"{name}.fromJson({json} as Json)"

    def _write(self, found: Type, value: str) -> str:
        """Write what makes JSON from a value."""
        if found.kind == "named" and found.name in self._aliases:
            found = _as_nullable(type_of(self._aliases[found.name]), found.nullable)
        if self._is_json(found):
            return value
        dot = "?." if found.nullable else "."
        match found.kind:
            case "list":
                return f"{value}{dot}map((item) => {self._write(found.inner, 'item')}).toList()"
            case "map":
                item = self._write(found.inner, "item")
                return f"{value}{dot}map((key, item) => MapEntry(key, {item}))"
        return f"{value}{dot}{'value' if found.name in self._enums else 'toJson()'}"

    def _is_json(self, found: Type) -> bool:
        """Whether a value of it is JSON as it is."""
        if found.kind == "named":
            name = found.name
            return name in self._aliases and self._is_json(type_of(self._aliases[name]))
        return found.of is None or self._is_json(found.of)


def _class(head: str, unions: list[str]) -> Iterator[str]:
    """Write the beginning of a class."""
    flat = f"{head} implements {', '.join(unions)} {{" if unions else f"{head} {{"
    if len(flat) <= _WIDTH:
        yield flat
        return
    yield head
    if len(inner := f"    implements {', '.join(unions)} {{") <= _WIDTH:
        yield inner
        return
    yield "    implements"
    yield from (f"        {union}," for union in unions[:-1])
    yield f"        {unions[-1]} {{"


def _listed(head: str, parts: list[str], end: str) -> Iterator[str]:
    """Write parts on the line of their head, or one a line."""
    flat = f"{head}{', '.join(parts)}{end}"
    if len(flat) <= _WIDTH:
        yield flat
        return
    yield head
    yield from (f"    {part}," for part in parts)
    yield f"  {end}"


def _field(each: Property) -> str:
    return f"json[{_text(each.wire)}]"


def _as_nullable(found: Type, nullable: bool) -> Type:
    return Type(found.kind, found.name, found.of, found.nullable or nullable)


def _nullable(each: Property) -> Type:
    return _as_nullable(each.type, each.optional)


def _known(found: Type) -> Type:
    return Type(found.kind, found.name, found.of)


def _type(found: Type) -> str:
    match found.kind:
        case "named":
            written = found.name
        case "list":
            written = f"List<{_type(found.inner)}>"
        case "map":
            written = f"Map<String, {_type(found.inner)}>"
        case kind:
            written = _PLAIN[kind]
    return f"{written.removesuffix('?')}?" if found.nullable else written


def _property(each: Property) -> Iterator[str]:
    yield from _docs(each.docs, "  ")
    if each.constant is not None:
        yield f"  {_type(each.type)} get {each.name} => {_value(each.constant)};"
        return
    if each.deprecated:
        yield "  @Deprecated('no longer needed')"
    yield f"  final {_type(_nullable(each))} {each.name};"


def _value(constant: Any) -> str:
    return _text(constant) if isinstance(constant, str) else str(constant)


def _text(text: str) -> str:
    inner = escaped(text, escape=lambda number: f"\\u{{{number:x}}}", special="\\'$")
    return f"'{inner}'"


def _enumeration(each: Enumeration, kind: str) -> Iterator[str]:
    yield f"extension type const {each.name}({kind} value) {{"
    for name, value in constants(each, style=small, reserved=_WORDS).items():
        yield f"  static const {name} = {each.name}({_value(value)});"
    yield "}"


def _union(union: Union) -> Iterator[str]:
    name = union.name
    yield f"sealed class {name} {{"
    yield f"  factory {name}.fromJson(Json json) => switch (json[{_text(union.tag_field)}]) {{"
    for case in union.cases:
        yield f"    {_value(case.tag)} => {case.record}.fromJson(json),"
    yield "    _ => Unknown(json),"
    yield "  };"
    yield ""
    yield "  Json toJson();"
    yield "}"


def _unknown(unions: list[str]) -> Iterator[str]:
    yield "/// What has no type that is known here, but to a newer server."
    yield from _class("final class Unknown", unions)
    yield "  const Unknown(this.json);"
    yield ""
    yield "  final Json json;"
    yield ""
    yield "  @override"
    yield "  Json toJson() => json;"
    yield "}"


def _docs(lines: tuple[str, ...], indent: str = "") -> Iterator[str]:
    yield from (f"{indent}/// {line}".rstrip() for line in lines)
