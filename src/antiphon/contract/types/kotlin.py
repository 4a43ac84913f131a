"""Kotlin: data classes for ``kotlinx.serialization``, of version 1.3 or newer.

A union is a sealed interface whose serializer looks at the tag; what it does not know is `Unknown`,
with the JSON in it. What is written has a package of its own, named after the app.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from antiphon.contract.model import Contract
from antiphon.contract.types.catalogue import catalogue
from antiphon.contract.types.models import (
    Property,
    Type,
    cases_of,
    constants,
    properties,
    type_of,
    unions_of,
)
from antiphon.contract.types.names import escaped, identifiers, on_one_line, snake
from antiphon.contract.types.shapes import Alias, Definition, Enumeration, Record, Union

_WIDTH: Final = 80
_WORDS: Final = frozenset(
    "as break class continue do else false for fun if in interface is null object package return "
    "super this throw true try typealias typeof val var when while".split()
)
_TAKEN: Final = (
    "Any Boolean Companion Decoder Deprecated DeserializationStrategy Double EncodeDefault Encoder "
    "ExperimentalSerializationApi Json JsonArray JsonContentPolymorphicSerializer JsonElement "
    "JsonObject JsonPrimitive JvmInline KSerializer List Long Map OptIn SerialName Serializable "
    "String Unknown UnknownSerializer"
).split()
_PLAIN: Final = {
    "any": "JsonElement",
    "bool": "Boolean",
    "int": "Long",
    "float": "Double",
    "str": "String",
}

_IMPORTS: Final = """
import kotlin.jvm.JvmInline
import kotlinx.serialization.*
import kotlinx.serialization.encoding.*
import kotlinx.serialization.json.*

/** Reads what a newer server sends, too. */
val eventJson = Json { ignoreUnknownKeys = true }
"""

_UNKNOWN: Final = """
object UnknownSerializer : KSerializer<Unknown> {
    override val descriptor = JsonElement.serializer().descriptor

    override fun serialize(encoder: Encoder, value: Unknown) =
        encoder.encodeSerializableValue(JsonElement.serializer(), value.json)

    override fun deserialize(decoder: Decoder) =
        Unknown(decoder.decodeSerializableValue(JsonElement.serializer()))
}

private fun tagOf(element: JsonElement, field: String) =
    ((element as? JsonObject)?.get(field) as? JsonPrimitive)?.content
"""


def write(contract: Contract, header: str) -> str:
    """Write a file."""
    found = catalogue(contract, header=header, reserved=_TAKEN)
    unions = unions_of(found)
    top = [
        f"// {found.header}",
        "",
        "@file:OptIn(ExperimentalSerializationApi::class)",
        "",
        f"package {_package(contract.title)}",
    ]
    blocks = ["\n".join(top), _IMPORTS.strip()]
    blocks += ["\n".join(_definition(each, unions)) for each in found.definitions]
    if names := [each.name for each in found.definitions if isinstance(each, Union)]:
        blocks += ["\n".join(_unknown(names)), _UNKNOWN.strip()]
    return "\n\n".join(blocks) + "\n"


def _package(title: str) -> str:
    name = "".join(re.findall("[a-z0-9]+", title.lower()))
    return name if name[:1].isalpha() and name not in _WORDS else f"app{name}"


def _definition(each: Definition, unions: dict[str, list[str]]) -> Iterator[str]:
    yield from _docs(each.docs)
    if each.deprecated:
        yield f"@Deprecated({_text(on_one_line(each.deprecated))})"
    match each:
        case Record():
            yield from _record(each, unions.get(each.name, []))
        case Alias(name=name, shape=shape):
            yield f"typealias {name} = {_type(type_of(shape))}"
        case Enumeration():
            yield from _enumeration(each)
        case Union():
            yield from _union(each)


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
    return f"{written}?" if found.nullable else written


def _record(record: Record, unions: list[str]) -> Iterator[str]:
    found = properties(record, lambda names: identifiers(names, reserved=_WORDS))
    fixed = [each for each in found if each.constant is not None]
    free = [each for each in found if each.constant is None]
    end = _supertypes(unions) + (" {" if fixed else "")
    yield "@Serializable"
    if free:
        yield f"data class {record.name}("
        for each in free:
            yield from _property(each)
        yield f"){end}"
    else:
        yield f"class {record.name}{end}"
    for each in fixed:
        yield "    @EncodeDefault"
        yield f"    {_serial_name(each)}val {each.name}: {_type(each.type)} = {_value(each.constant)}"
    if fixed:
        yield "}"


def _supertypes(unions: list[str]) -> str:
    flat = f" : {', '.join(unions)}" if unions else ""
    if len(flat) <= _WIDTH:
        return flat
    return " :\n    " + ",\n    ".join(unions)


def _property(each: Property) -> Iterator[str]:
    yield from _docs(each.docs, "    ")
    if each.deprecated:
        yield '    @Deprecated("no longer needed")'
    written = _type(each.type)
    if each.optional:
        written = f"{written.removesuffix('?')}? = null"
    yield f"    {_serial_name(each)}val {each.name}: {written},"


def _serial_name(each: Property) -> str:
    return "" if each.name == each.wire else f"@SerialName({_text(each.wire)}) "


def _value(constant: Any) -> str:
    return _text(constant) if isinstance(constant, str) else str(constant)


def _text(text: str) -> str:
    inner = escaped(text, escape=_escape, special='\\"$')
    return f'"{inner}"'


def _escape(number: int) -> str:
    units = chr(number).encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))


def _enumeration(each: Enumeration) -> Iterator[str]:
    kind = "String" if isinstance(each.cases[0][1], str) else "Long"
    yield "@Serializable"
    yield "@JvmInline"
    yield f"value class {each.name}(val value: {kind}) {{"
    yield "    companion object {"
    for name, value in constants(each, style=lambda text: snake(text).upper()).items():
        yield f"        val {name} = {each.name}({_value(value)})"
    yield "    }"
    yield "}"


def _union(union: Union) -> Iterator[str]:
    name = union.name
    yield f"@Serializable(with = {name}.Serializer::class)"
    yield f"sealed interface {name} {{"
    yield "    object Serializer :"
    yield f"        JsonContentPolymorphicSerializer<{name}>({name}::class) {{"
    yield "        override fun selectDeserializer("
    yield "            element: JsonElement,"
    yield f"        ): DeserializationStrategy<{name}> ="
    yield f"            when (tagOf(element, {_text(union.tag_field)})) {{"
    for tag, record in cases_of(union).items():
        yield f"                {_text(tag)} -> {record}.serializer()"
    yield "                else -> Unknown.serializer()"
    yield "            }"
    yield "    }"
    yield "}"


def _unknown(unions: list[str]) -> Iterator[str]:
    yield "/** What has no type that is known here, but to a newer server. */"
    yield "@Serializable(with = UnknownSerializer::class)"
    yield "data class Unknown("
    yield "    val json: JsonElement,"
    yield f"){_supertypes(unions)}"


def _docs(lines: tuple[str, ...], indent: str = "") -> Iterator[str]:
    """Write a comment; those of Kotlin hold others."""
    safe = [line.replace("*/", "*\\/").replace("/*", "/\\*") for line in lines]
    if len(safe) == 1:
        yield f"{indent}/** {safe[0]} */"
    elif safe:
        yield f"{indent}/**"
        yield from (f"{indent} * {line}".rstrip() for line in safe)
        yield f"{indent} */"
