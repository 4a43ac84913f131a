"""RPC methods and messages: what may be declared, and what types do."""

from typing import Annotated, Any

import pytest
from msgspec import Meta, Raw, Struct

from antiphon import BadRequest, Client, DeclarationError, Event
from antiphon.calls import BackendMethod, Calls, Messages, RPCMethod
from antiphon.publication import NO_DATA


class Request(Struct):
    """A page of something."""

    page: Annotated[int, Meta(ge=1)]


class Said(Event):
    """Somebody said something."""


class Typing(Event):
    """Somebody types."""


class SaidToo(Event, tag="said"):
    """Has the tag of another."""


NOBODY: Any = None


async def paged(client: Client, request: Request) -> list[int]:
    """Return a page."""
    return [request.page]


def test_a_method_knows_its_types() -> None:
    method = RPCMethod("page", paged)
    assert (method.name, method.request, method.response) == ("page", Request, list[int])
    assert not method.waits


async def test_a_method_decodes_calls_and_encodes() -> None:
    method = RPCMethod("page", paged)
    result = await method.begin(NOBODY, Raw(b'{"page":3}'))
    assert bytes(method.encode(result)) == b"[3]"


def test_an_answer_that_cannot_travel_is_refused() -> None:
    def answers(client: Client) -> Client: ...  # type: ignore[empty-body]

    def told_apart_by_nothing(client: Client) -> Request | dict[str, int]: ...  # type: ignore[empty-body]

    for function in (answers, told_apart_by_nothing):
        with pytest.raises(DeclarationError, match="rpc 'm': answer: .* cannot travel as JSON"):
            RPCMethod("m", function)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"page":0}', "bad request: page: Expected `int` >= 1"),
        (b"{}", "bad request: Object missing required field `page`"),
        (b"", "bad request: Expected `object`, got `null`"),
        (b'{"page":', "bad request: data is not valid JSON"),
    ],
)
def test_bad_input_never_reaches_the_function(data: bytes, said: str) -> None:
    with pytest.raises(BadRequest) as caught:
        RPCMethod("page", paged).begin(NOBODY, Raw(data))
    assert caught.value.text == said


def untyped(client: Client, request) -> None: ...  # type: ignore[no-untyped-def]


def unknown(client: Client, request: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821


def hostile(client: Client, request: dict[int, int]) -> None: ...


def too_many(client: Client, request: Request, more: int) -> None: ...


def nothing() -> None: ...


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (untyped, "rpc 'm': 'request' needs a type annotation"),
        (unknown, "rpc 'm': name 'Nowhere' is not defined; declare its types at module level"),
        (hostile, "rpc 'm': dict keys"),
        (too_many, "rpc 'm': too_many() wants 'more'; it can be given nothing more"),
        (nothing, "rpc 'm': nothing() must take (client, ...)"),
    ],
)
def test_a_bad_method_is_refused_with_the_reason(function: Any, said: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        Calls(RPCMethod).add("m", function)
    assert str(caught.value).startswith(said)


def test_a_name_is_declared_once_and_is_a_text() -> None:
    calls = Calls(RPCMethod)
    calls.add("m", paged)
    for name in ("m", "", paged):
        with pytest.raises(
            DeclarationError, match="a name is a text, not empty, and declared once"
        ):
            calls.add(name, paged)  # type: ignore[arg-type]


async def counted(request: Request) -> list[int]:
    """Return a page, to a backend."""
    return [request.page]


def pinged() -> None: ...


async def test_a_method_for_backends_has_no_client() -> None:
    assert BackendMethod("page", counted).request is Request
    assert bytes(await BackendMethod("page", counted)(Raw(b'{"page":3}'))) == b"[3]"
    assert bytes(await BackendMethod("ping", pinged)(Raw(b'"whatever"'))) == b""
    with pytest.raises(BadRequest, match="page: Expected `int` >= 1"):
        await BackendMethod("page", counted)(Raw(b'{"page":0}'))


async def test_what_a_backend_is_answered_unseen_has_to_be_json() -> None:
    def echo(request: bytes) -> bytes:
        return request

    def maybe() -> bytes | None:
        return None

    method = BackendMethod("echo", echo)
    assert bytes(await method(Raw(b'{"a":\n1}'))) == b'{"a": 1}'
    assert bytes(await BackendMethod("maybe", maybe)(Raw())) == b""
    for data in (b"\x00", b'"\xff"', b"{"):
        with pytest.raises(TypeError, match="api_rpc 'echo' answered with what is no JSON"):
            await method(Raw(data))


def test_a_bad_method_for_backends_is_refused_with_the_reason() -> None:
    calls = Calls(BackendMethod)
    with pytest.raises(DeclarationError, match="api_rpc 'm': .*Client'> cannot travel as JSON"):
        calls.add("m", paged)
    calls.add("m", counted)
    with pytest.raises(DeclarationError, match="api_rpc 'm': a name is a text, not empty, and"):
        calls.add("m", counted)


def handle(client: Client, event: Event) -> None: ...


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((), "names the events it handles"),
        ((handle,), "names the events it handles"),
        ((int,), "is not a subclass of antiphon.Event"),
        ((Said,), "two handlers for"),
        ((SaidToo,), "two events with the tag 'said'"),
    ],
)
def test_bad_message_handlers_are_refused(events: Any, said: str) -> None:
    messages = Messages(None)
    messages.add((Said,), handle)
    with pytest.raises(DeclarationError) as caught:
        messages.add(events, handle)
    assert said in str(caught.value)
    assert list(messages.handlers) == [Said]


def test_only_declared_messages_are_sent() -> None:
    messages = Messages(Said | Typing)
    assert bytes(messages.encode(Typing()).data) == b'{"type":"typing"}'
    for wrong in (SaidToo(), {"type": "said"}, None):
        with pytest.raises(DeclarationError, match="not among the app's messages"):
            messages.encode(wrong)


def echoed(client: Client, request: bytes) -> bytes:
    return request


def perhaps(client: Client) -> bytes | None:
    return b"1"


@pytest.mark.parametrize("data", [b"", b"\xff", b'{"a":  1}', b"null"])
def test_bytes_are_handed_through_both_ways(data: bytes) -> None:
    method = RPCMethod("m", echoed)
    result = method.begin(NOBODY, Raw(data))
    assert result == data and type(result) is bytes
    assert method.opaque and bytes(method.encode(result)) == data


def test_a_method_that_answers_bytes_may_answer_nothing() -> None:
    method = RPCMethod("m", perhaps)
    assert method.opaque and bytes(method.encode(b"1")) == b"1"
    assert method.encode(None) is NO_DATA
    assert not RPCMethod("page", paged).opaque


async def test_bytes_are_messages_too() -> None:
    seen: list[Any] = []
    messages = Messages(bytes)
    messages.add((bytes,), lambda client, data: seen.append(data))
    await messages(NOBODY, Raw(b"\xff"))
    assert seen == [b"\xff"] and type(seen[0]) is bytes
    told = messages.encode(b"\xff")
    assert bytes(told.data) == b"\xff" and told.opaque
    for wrong in (Said(), "x", bytearray(b"x")):
        with pytest.raises(DeclarationError, match="not among the app's messages"):
            messages.encode(wrong)


def test_bytes_and_events_do_not_mix() -> None:
    with pytest.raises(DeclarationError, match="messages: bytes are handed through unseen"):
        Messages(bytes | Said)
    messages = Messages(None)
    messages.add((Said,), handle)
    with pytest.raises(DeclarationError, match="on_message: bytes are handed through unseen"):
        messages.add((bytes,), handle)


def test_messages_to_clients_are_events() -> None:
    with pytest.raises(DeclarationError, match="messages: .* is not a subclass"):
        Messages(int)
