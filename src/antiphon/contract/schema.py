"""JSON Schema of what may travel, in the dialect of AsyncAPI: draft 07.

A schema is one of these, each with ``title``, ``description``, ``default``, ``examples`` and
``deprecated`` where the code has them:

=========================================  ===================================================
``{}``                                     any JSON value
``{"$ref": …}``                            a component; ``{"allOf": [{"$ref": …}], …}`` where
                                           something is said about it besides
``{"type": "null"}``, ``"boolean"``
``{"type": "integer", "format": "int64"}`` with ``minimum``, ``exclusiveMinimum``, ``maximum``,
``{"type": "number", "format": "double"}`` ``exclusiveMaximum``, ``multipleOf``
``{"type": "string"}``                     with ``minLength``, ``maxLength``, ``pattern``,
                                           ``format``, ``contentEncoding`` (base64)
``{"const": …, "type": …}``                one value: a tag, a literal
``{"enum": […], "type": …, "title": …}``   some values; ``x-enum-varnames`` are an enum's names
``{"type": "array", "items": …}``          with ``minItems``, ``maxItems``, ``uniqueItems``
``{"type": "array", "items": […],          a tuple; ``additionalItems`` is False unless more may
"additionalItems": …}``                    follow
``{"type": "object", "properties": …}``    with ``required``, ``additionalProperties: false`` where
                                           unknown fields are refused, and ``x-always-sent``:
                                           further fields that all we send have
``{"type": "object",                       a map, with ``propertyNames``, ``minProperties``,
"additionalProperties": …}``               ``maxProperties``; of any values without it
``{"anyOf": […]}``                         a union; ``x-discriminator`` names the field whose
                                           constant tells its objects apart
=========================================  ===================================================

Classes and enums are components. ``x-format`` is a format that draft 07 has no word for: a
``date-time`` or ``time`` whose zone may be missing, and those that have none, ``local-date-time``
and ``partial-time``.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import NODEFAULT, UNSET
from msgspec import inspect as mi

from antiphon.contract.model import REF, Schema
from antiphon.contract.naming import names_of, pascal
from antiphon.contract.prose import AttributeDocs, docstring
from antiphon.event import deprecation_of
from antiphon.payload import parts_of

_BOUNDS: Final = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_LENGTHS: Final = {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"}
_COUNTS: Final = {"min_length": "minItems", "max_length": "maxItems"}
_SIZES: Final = {"min_length": "minProperties", "max_length": "maxProperties"}

_JSON_TYPES: Final = {str: "string", int: "integer", type(None): "null"}

_SAME_IN_JSON: Final = (str, int, bool, type(None))

_MADE_BY_DEFAULT: Final = (list, dict, set, frozenset, tuple)
"""Factories that are called for the document; others may do anything."""


class Schemas:
    """The schemas of some types, and of all that these consist of.

    `components` are those of classes and enums, by name.

    Args:
        types: as annotated.
    """

    def __init__(self, types: Iterable[Any]) -> None:
        self.docs = AttributeDocs()
        self.components: dict[str, Schema] = {}
        known = list(dict.fromkeys(types))
        self._infos = dict(zip(known, mi.multi_type_info(known), strict=True))
        named = {node.cls: node for node in _named_nodes(self._infos.values())}
        self._names = names_of(named)
        self._titles: set[str] = set(self._names.values())
        for cls, node in named.items():
            self.components[self._names[cls]] = self._component(node)

    def name(self, cls: Any) -> str:
        """Return the name of a class's component."""
        return self._names[cls]

    def of(self, declared: Any, title: str) -> Schema:
        """Return the schema of a type; `title` is what it is called if it needs a name."""
        return self.write(self._infos[declared], title)

    def write(self, node: mi.Type, title: str) -> Schema:
        """Return the schema of a part of a type."""
        if isinstance(node, mi.Metadata):
            return said_of(self.write(node.type, title), _as_json(node.extra_json_schema or {}))
        if isinstance(node, _NAMED):
            return {"$ref": REF + self._names[node.cls]}
        return _WRITERS[type(node)](self, node, title)

    def _component(self, node: Any) -> Schema:
        name = self._names[node.cls]
        if isinstance(node, mi.EnumType):
            schema = _enumeration([member.value for member in node.cls])
            schema["x-enum-varnames"] = [member.name for member in node.cls]
        elif _is_array(node):
            schema = self._row(node, name)
        else:
            schema = self._object(node, name)
        schema = {"title": name, **schema}
        if advice := deprecation_of(node.cls):
            schema = {**schema, "deprecated": True, "x-deprecated": advice}
        text = docstring(node.cls)
        return {"description": text, **schema} if text else schema

    def _object(self, node: Any, name: str) -> Schema:
        properties: dict[str, Schema] = {}
        required = [field.encode_name for field in node.fields if field.required]
        if tag_field := getattr(node, "tag_field", None):
            properties[tag_field] = _constant(node.tag)
            required.insert(0, tag_field)
        properties.update(self._fields(node, name))
        schema: Schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        if sent := [field for field in _always_sent(node) if field not in required]:
            schema["x-always-sent"] = sent
        if getattr(node, "forbid_unknown_fields", False):
            schema["additionalProperties"] = False
        return schema

    def _row(self, node: Any, name: str) -> Schema:
        """Write an object whose fields travel as an array, by their place."""
        items = list(self._fields(node, name).values())
        least = max((n for n, f in enumerate(node.fields, 1) if f.required), default=0)
        if getattr(node, "tag_field", None):
            items.insert(0, _constant(node.tag))
            least += 1
        closed = isinstance(node, mi.NamedTupleType) or node.forbid_unknown_fields
        schema: Schema = {"type": "array", "items": items, "minItems": least}
        if closed:
            schema["maxItems"] = len(items)
        return {**schema, "additionalItems": not closed}

    def _fields(self, node: Any, name: str) -> dict[str, Schema]:
        texts = self.docs.of_class(node.cls)
        fields: dict[str, Schema] = {}
        for field in node.fields:
            schema = self.write(field.type, name + pascal(field.encode_name))
            more = _default(field)
            if field.name in texts and "description" not in schema:
                more["description"] = texts[field.name]
            fields[field.encode_name] = said_of(schema, more)
        return fields

    def title(self, wanted: str) -> str:
        """Return a title for a schema without a component, unlike any other's."""
        title, number = wanted, 1
        while title in self._titles:
            number += 1
            title = f"{wanted}{number}"
        self._titles.add(title)
        return title


def said_of(schema: Schema, more: Schema) -> Schema:
    """Add to a schema. Draft 07 ignores whatever stands beside a ``$ref``."""
    if more and "$ref" in schema:
        return {"allOf": [schema], **more}
    return {**schema, **more}


_NAMED: Final = (
    mi.StructType,
    mi.DataclassType,
    mi.TypedDictType,
    mi.NamedTupleType,
    mi.EnumType,
)


def _named_nodes(roots: Iterable[mi.Type]) -> Iterator[Any]:
    """Yield every class and enum once, those first that are met first."""
    seen: set[Any] = set()
    waiting = list(roots)[::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _NAMED):
            if node.cls in seen:
                continue
            seen.add(node.cls)
            yield node
        waiting += parts_of(node)[::-1]


def _is_array(node: Any) -> bool:
    return isinstance(node, mi.NamedTupleType) or getattr(node, "array_like", False)


def _default(field: mi.Field) -> Schema:
    if field.default is not NODEFAULT:
        return {"default": _as_json(field.default)}
    if field.default_factory in _MADE_BY_DEFAULT:
        return {"default": _as_json(field.default_factory())}
    return {}


def _as_json(value: Any) -> Any:
    """Return a value of the app's as it would travel."""
    if type(value) in _SAME_IN_JSON:
        return value
    return msgspec.json.decode(msgspec.json.encode(value))


def _always_sent(node: Any) -> Iterator[str]:
    """Yield the fields that msgspec writes whatever they hold."""
    if isinstance(node, mi.DataclassType):
        yield from (field.encode_name for field in node.fields)
    cls = getattr(node.cls, "__origin__", node.cls)
    if not isinstance(node, mi.StructType) or cls.__struct_config__.omit_defaults:
        return
    defaults = cls.__struct_defaults__
    unset = (len(node.fields) - len(defaults)) * (None,) + defaults
    for field, default in zip(node.fields, unset, strict=True):
        if default is not UNSET:
            yield field.encode_name


def _constant(value: Any) -> Schema:
    return {"const": value, "type": _JSON_TYPES[type(value)]}


def _enumeration(values: list[Any]) -> Schema:
    types = list(dict.fromkeys(_JSON_TYPES[type(value)] for value in values))
    return {"enum": values, "type": types if len(types) > 1 else types[0]}


def _with(node: Any, keywords: dict[str, str]) -> Schema:
    given = ((keyword, getattr(node, name)) for name, keyword in keywords.items())
    return {keyword: value for keyword, value in given if value is not None}


def _any(schemas: Schemas, node: Any, title: str) -> Schema:
    return {}


def _plain(**schema: Any) -> Callable[[Schemas, Any, str], Schema]:
    return lambda schemas, node, title: dict(schema)


def _integer(schemas: Schemas, node: Any, title: str) -> Schema:
    return {"type": "integer", "format": "int64", **_with(node, _BOUNDS)}


def _number(schemas: Schemas, node: Any, title: str) -> Schema:
    return {"type": "number", "format": "double", **_with(node, _BOUNDS)}


def _string(schemas: Schemas, node: Any, title: str) -> Schema:
    return {"type": "string", **_with(node, _LENGTHS)}


def _bytes(schemas: Schemas, node: Any, title: str) -> Schema:
    """Write bytes as base64, whose length is a multiple of four."""
    lengths = _with(node, {"min_length": "minLength", "max_length": "maxLength"})
    encoded = {keyword: 4 * ((value + 2) // 3) for keyword, value in lengths.items()}
    return {"type": "string", "contentEncoding": "base64", **encoded}


def _moment(schemas: Schemas, node: Any, title: str) -> Schema:
    """Write a date and time, or a time. Both formats of draft 07 ask for a zone."""
    whole = isinstance(node, mi.DateTimeType)
    if node.tz:
        return {"type": "string", "format": "date-time" if whole else "time"}
    zoned = node.tz is None
    free = ("date-time" if zoned else "local-date-time") if whole else None
    return {"type": "string", "x-format": free or ("time" if zoned else "partial-time")}


def _collection(schemas: Schemas, node: Any, title: str) -> Schema:
    schema: Schema = {"type": "array", "items": schemas.write(node.item_type, title)}
    if isinstance(node, mi.SetType | mi.FrozenSetType):
        schema["uniqueItems"] = True
    return {**schema, **_with(node, _COUNTS)}


def _tuple(schemas: Schemas, node: Any, title: str) -> Schema:
    items = [
        schemas.write(item, f"{title}{place}") for place, item in enumerate(node.item_types, 1)
    ]
    size = len(items)
    return {
        "type": "array",
        "items": items,
        "additionalItems": False,
        "minItems": size,
        "maxItems": size,
    }


def _map(schemas: Schemas, node: Any, title: str) -> Schema:
    schema: Schema = {"type": "object", **_with(node, _SIZES)}
    keys = schemas.write(node.key_type, f"{title}Key")
    if keys not in ({}, {"type": "string"}):
        schema["propertyNames"] = keys
    if values := schemas.write(node.value_type, title):
        schema["additionalProperties"] = values
    return schema


def _union(schemas: Schemas, node: Any, title: str) -> Schema:
    last = sorted(node.types, key=lambda part: isinstance(part, mi.NoneType))
    schema: Schema = {"anyOf": [schemas.write(part, title) for part in last]}
    bare = [part.type if isinstance(part, mi.Metadata) else part for part in last]
    tagged = [part for part in bare if isinstance(part, mi.StructType) and not part.array_like]
    if len(tagged) > 1:
        schema["x-discriminator"] = tagged[0].tag_field
    return schema


def _literal(schemas: Schemas, node: Any, title: str) -> Schema:
    values = sorted(node.values, key=lambda value: value is None)
    if len(values) == 1:
        return _constant(values[0])
    return {"title": schemas.title(title), **_enumeration(values)}


_WRITERS: Final[dict[type, Callable[[Schemas, Any, str], Schema]]] = {
    mi.AnyType: _any,
    mi.RawType: _any,
    mi.NoneType: _plain(type="null"),
    mi.BoolType: _plain(type="boolean"),
    mi.IntType: _integer,
    mi.FloatType: _number,
    mi.StrType: _string,
    mi.BytesType: _bytes,
    mi.ByteArrayType: _bytes,
    mi.MemoryViewType: _bytes,
    mi.DateTimeType: _moment,
    mi.TimeType: _moment,
    mi.DateType: _plain(type="string", format="date"),
    mi.TimeDeltaType: _plain(type="string", format="duration"),
    mi.UUIDType: _plain(type="string", format="uuid"),
    mi.DecimalType: _plain(type="string", format="decimal"),
    mi.ListType: _collection,
    mi.SetType: _collection,
    mi.FrozenSetType: _collection,
    mi.VarTupleType: _collection,
    mi.TupleType: _tuple,
    mi.DictType: _map,
    getattr(mi, "FrozenDictType", mi.DictType): _map,
    mi.UnionType: _union,
    mi.LiteralType: _literal,
}
