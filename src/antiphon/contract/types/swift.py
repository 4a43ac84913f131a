"""Swift: structs and enums that are ``Codable``.

A union is an enum; what it does not know is its case ``unknown``, with the JSON in it. A null that
has to be sent is written out, which Swift itself would leave away.
"""

from collections.abc import Iterator
from typing import Any, Final

from antiphon.contract.model import Contract
from antiphon.contract.types import swift_runtime as runtime
from antiphon.contract.types.catalogue import catalogue
from antiphon.contract.types.models import (
    Property,
    Type,
    cases_of,
    constants,
    properties,
    small,
    type_of,
    uses_any,
)
from antiphon.contract.types.names import escaped, identifiers, on_one_line
from antiphon.contract.types.shapes import Alias, Definition, Enumeration, Record, Union

_WORDS: Final = frozenset(
    "Any Protocol Self Type actor any as associatedtype async await borrowing break case catch class "
    "consuming continue convenience default defer deinit do dynamic else encode enum extension "
    "fallthrough false fileprivate final for func get guard hashValue hash if import in indirect "
    "infix init inout internal is isolated lazy let mutating nil nonisolated open operator optional "
    "override postfix precedencegroup prefix private protocol public rawValue repeat required "
    "rethrows return self set some static struct subscript super switch throw throws true try "
    "typealias unknown unowned var weak where while willSet didSet".split()
)
"""Words of the language, and what every type here has already."""
_TAKEN: Final = (
    "Any AnyHashable Array Bool Box Codable CodingKey CodingKeys Decodable Decoder Dictionary Double "
    "Encodable Encoder Error Hashable Int JSONValue Never Optional Protocol RawRepresentable Self "
    "Sendable Set String Type"
).split()
_PLAIN: Final = {
    "any": "JSONValue",
    "bool": "Bool",
    "int": "Int",
    "float": "Double",
    "str": "String",
}
_CONFORMS: Final = "Codable, Hashable, Sendable"


def write(contract: Contract, header: str) -> str:
    """Write a file."""
    found = catalogue(contract, header=header, reserved=_TAKEN)
    boxed = _boxed([each for each in found.definitions if isinstance(each, Record)])
    blocks = [f"// {found.header}"]
    blocks += ["\n".join(_definition(each, boxed)) for each in found.definitions]
    if boxed:
        blocks.append(runtime.BOX.strip())
    if uses_any(found):
        blocks.append(runtime.JSON_VALUE.strip())
    return "\n\n".join(blocks) + "\n"


def _boxed(records: list[Record]) -> set[tuple[str, str]]:
    """Return the fields, by record and name, that would make a struct hold itself."""
    held = {
        record.name: {(m.name, type_of(m.shape).name) for m in record.members} for record in records
    }
    return {
        (record, field)
        for record, fields in held.items()
        for field, target in fields
        if record in _holds(held, target)
    }


def _holds(held: dict[str, set[tuple[str, str]]], name: str) -> set[str]:
    """Return the structs that are within a struct, this one included."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name in held and name not in found:
            found.add(name)
            waiting += [target for _, target in held[name]]
    return found


def _definition(each: Definition, boxed: set[tuple[str, str]]) -> Iterator[str]:
    yield from _docs(each.docs)
    if each.deprecated:
        yield f"@available(*, deprecated, message: {_text(on_one_line(each.deprecated))})"
    match each:
        case Record():
            yield from _record(each, boxed)
        case Alias(name=name, shape=shape):
            yield f"public typealias {name} = {_type(type_of(shape))}"
        case Enumeration():
            yield from _enumeration(each)
        case Union():
            yield from _union(each)


def _type(found: Type) -> str:
    match found.kind:
        case "named":
            written = found.name
        case "list":
            written = f"[{_type(found.inner)}]"
        case "map":
            written = f"[String: {_type(found.inner)}]"
        case kind:
            written = _PLAIN[kind]
    return f"{written}?" if found.nullable else written


def _record(record: Record, boxed: set[tuple[str, str]]) -> Iterator[str]:
    found = properties(record, lambda names: identifiers(names, reserved=_WORDS))
    types = {each.name: _held(each, (record.name, each.wire) in boxed) for each in found}
    free = [each for each in found if each.constant is None]
    yield f"public struct {record.name}: {_CONFORMS} {{"
    for each in found:
        yield from _property(each, types[each.name])
    if found:
        yield ""
    yield from _init(free, types)
    if any(each.name != each.wire for each in found):
        yield ""
        yield from _keys(found)
    if record.sent and any(_is_written(each) for each in free):
        yield ""
        yield from _encode(found)
    yield "}"


def _held(each: Property, is_boxed: bool) -> str:
    written = _type(each.type).removesuffix("?")
    if is_boxed:
        written = f"Box<{written}>"
    return f"{written}?" if each.optional or each.type.nullable else written


def _is_written(each: Property) -> bool:
    """Whether a null has to be sent."""
    return each.type.nullable and not each.optional


def _property(each: Property, written: str) -> Iterator[str]:
    yield from _docs(each.docs, "    ")
    if each.constant is not None:
        yield f"    public private(set) var {each.name}: {written} = {_value(each.constant)}"
        return
    if each.deprecated:
        yield '    @available(*, deprecated, message: "no longer needed")'
    yield f"    public var {each.name}: {written}"


def _init(free: list[Property], types: dict[str, str]) -> Iterator[str]:
    if not free:
        yield "    public init() {}"
        return
    given = [f"{each.name}: {types[each.name]}{' = nil' if each.optional else ''}" for each in free]
    flat = f"    public init({', '.join(given)}) {{"
    if len(flat) <= 100:
        yield flat
    else:
        yield "    public init("
        yield from (f"        {parameter}," for parameter in given[:-1])
        yield f"        {given[-1]}"
        yield "    ) {"
    yield from (f"        self.{each.name} = {each.name}" for each in free)
    yield "    }"


def _keys(found: list[Property]) -> Iterator[str]:
    yield "    private enum CodingKeys: String, CodingKey {"
    for each in found:
        raw = f" = {_text(each.wire)}" if each.name != each.wire else ""
        yield f"        case {each.name}{raw}"
    yield "    }"


def _encode(found: list[Property]) -> Iterator[str]:
    if all(each.name == each.wire for each in found):
        yield from _keys(found)
        yield ""
    yield "    public func encode(to encoder: any Encoder) throws {"
    yield "        var container = encoder.container(keyedBy: CodingKeys.self)"
    for each in found:
        method = "encodeIfPresent" if each.optional else "encode"
        yield f"        try container.{method}({each.name}, forKey: .{each.name})"
    yield "    }"


def _value(constant: Any) -> str:
    return _text(constant) if isinstance(constant, str) else str(constant)


def _text(text: str) -> str:
    inner = escaped(text, escape=lambda number: f"\\u{{{number:x}}}", special='\\"')
    return f'"{inner}"'


def _enumeration(each: Enumeration) -> Iterator[str]:
    kind = "String" if isinstance(each.cases[0][1], str) else "Int"
    found = constants(each, style=small, reserved=_WORDS)
    yield f"public struct {each.name}: RawRepresentable, {_CONFORMS} {{"
    yield f"    public let rawValue: {kind}"
    yield ""
    yield f"    public init(rawValue: {kind}) {{"
    yield "        self.rawValue = rawValue"
    yield "    }"
    yield ""
    for name, value in found.items():
        yield f"    public static let {name} = {each.name}(rawValue: {_value(value)})"
    yield "}"


def _union(union: Union) -> Iterator[str]:
    records = list(dict.fromkeys(cases_of(union).values()))
    named = dict(zip(records, identifiers(records, reserved=_WORDS), strict=True))
    yield f"public indirect enum {union.name}: {_CONFORMS} {{"
    yield from (f"    case {case}({record})" for record, case in named.items())
    yield "    /// What has no type that is known here, but to a newer server."
    yield "    case unknown(JSONValue)"
    yield ""
    yield "    private enum CodingKeys: String, CodingKey {"
    yield f"        case tag = {_text(union.tag_field)}"
    yield "    }"
    yield ""
    yield from _reads(union, named)
    yield ""
    yield "    public func encode(to encoder: any Encoder) throws {"
    yield "        switch self {"
    for case in (*named.values(), "unknown"):
        yield f"        case .{case}(let value): try value.encode(to: encoder)"
    yield "        }"
    yield "    }"
    yield "}"


def _reads(union: Union, named: dict[str, str]) -> Iterator[str]:
    kind = "String" if isinstance(union.cases[0].tag, str) else "Int"
    yield "    public init(from decoder: any Decoder) throws {"
    yield "        let container = try? decoder.container(keyedBy: CodingKeys.self)"
    yield f"        switch try? container?.decode({kind}.self, forKey: .tag) {{"
    for case in union.cases:
        made = f"self = .{named[case.record]}(try {case.record}(from: decoder))"
        yield f"        case {_value(case.tag)}: {made}"
    yield "        default: self = .unknown(try JSONValue(from: decoder))"
    yield "        }"
    yield "    }"


def _docs(lines: tuple[str, ...], indent: str = "") -> Iterator[str]:
    yield from (f"{indent}/// {line}".rstrip() for line in lines)
