"""The document: what each declaration becomes. That it is AsyncAPI at all, test_documents sees to."""

from typing import Any

import pytest

from antiphon import Anonymous, App, Attempt, Identity
from antiphon.contract import contract_of
from antiphon.contract.asyncapi import document
from antiphon.contract.servers import Location
from antiphon.errors import AntiphonError
from tests.contract.zoo import Moved, Texts, zoo


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return document(contract_of(zoo()))


def test_the_app_is_introduced(written: dict[str, Any]) -> None:
    assert written["asyncapi"] == "3.0.0"
    assert written["info"] == {
        "title": "Zoo",
        "version": "2.0.0",
        "description": "One of everything.\n\nFor tests.",
    }
    assert written["defaultContentType"] == "application/json"


def test_each_transport_is_a_server(written: dict[str, Any]) -> None:
    servers = written["servers"]
    assert list(servers) == ["websocket", "httpStream", "sse", "uniWebsocket", "uniSse"]
    assert servers["websocket"] == {
        "host": "localhost:8000",
        "protocol": "ws",
        "pathname": "/connection/websocket",
        "description": "WebSocket, for the Centrifuge SDKs.",
        "security": [{"$ref": "#/components/securitySchemes/jwt"}],
        "x-subprotocols": ["centrifuge-json", "centrifuge-protobuf"],
    }
    assert servers["uniSse"]["description"] == "Server-sent events. The client is only sent to."


@pytest.mark.parametrize(
    ("url", "host", "protocol", "pathname"),
    [
        ("https://example.com", "example.com", "wss", "/connection/websocket"),
        ("wss://example.com:8443/live/", "example.com:8443", "wss", "/live/connection/websocket"),
        ("http://[::1]:80/a/b", "[::1]:80", "ws", "/a/b/connection/websocket"),
    ],
)
def test_a_server_is_where_it_is_said_to_be(
    url: str, host: str, protocol: str, pathname: str
) -> None:
    server = document(contract_of(zoo()), location=Location.of(url))["servers"]["websocket"]
    assert (server["host"], server["protocol"], server["pathname"]) == (host, protocol, pathname)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com",
        "https://",
        "https://user@example.com",
        "https://example.com?x=1",
        "https://example.com/#x",
        "https://exa mple.com",
        "https://example.com:port",
        "https://example.com/{x}",
        "https://example.com\n",
    ],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(AntiphonError, match="is no URL like https://example.com"):
        Location.of(url)


def test_a_token_is_shown_in_the_first_message(written: dict[str, Any]) -> None:
    scheme = written["components"]["securitySchemes"]["jwt"]
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    assert scheme["x-auth-message"] == "connect"
    assert [told["name"] for told in written["x-auth"]] == ["jwt", "on_connect"]


def test_an_app_without_tokens_has_no_scheme() -> None:
    app = App("x", auth=Anonymous())
    app.channel("news", publishes=Moved)
    plain = document(contract_of(app))
    assert "securitySchemes" not in plain["components"]
    assert all("security" not in server for server in plain["servers"].values())
    assert plain["x-auth"][0]["name"] == "anonymous"


class Ldap:
    """An authenticator of the app's own."""

    waits = False

    async def connect(self, attempt: Attempt) -> Identity | None:
        raise NotImplementedError

    async def refresh(self, token: str) -> Identity:
        raise NotImplementedError

    async def subscribe(self, token: str, *, channel: str, user: str, client: str) -> Any:
        raise NotImplementedError

    def describe(self) -> str:
        return "ldap"


def test_another_authenticator_is_called_what_it_says() -> None:
    app = App("x", auth=Ldap())
    scheme = document(contract_of(app))["components"]["securitySchemes"]["ldap"]
    assert "bearerFormat" not in scheme


def test_a_channel_has_its_address_and_parameters(written: dict[str, Any]) -> None:
    kept = written["channels"]["keptRoomNumberIntKeyUuid"]
    assert kept["address"] == "kept:{room}/{number}/{key}"
    assert kept["x-address"] == "kept:{room}/{number:int}/{key:uuid}"
    assert list(kept["parameters"]) == ["room", "number", "key"]
    assert kept["parameters"]["room"]["description"] == "The room's name."
    assert kept["parameters"]["number"]["x-type"] == "int"
    assert list(kept["messages"]) == ["Moved", "Numbers", "MoveTo"]
    assert kept["x-delivery"] == {
        "guarantee": "recoverable",
        "history": {"size": 10, "ttl": 60, "without": ["Numbers"]},
    }
    assert kept["x-options"] == ["decides", "presence", "join_leave", "delta", "tags_filter"]
    assert "x-address" not in written["channels"]["inboxUser"]
    assert written["channels"]["inboxUser"]["x-users-after"] == "#"


def refs(*names: str) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/{name}"} for name in names]


def test_the_server_sends_what_is_published(written: dict[str, Any]) -> None:
    key = "keptRoomNumberIntKeyUuid"
    assert written["operations"]["sendKeptRoomNumberIntKeyUuid"] == {
        "action": "send",
        "channel": {"$ref": f"#/channels/{key}"},
        "messages": refs(f"{key}/messages/Moved", f"{key}/messages/Numbers"),
        "x-envelope": "publication",
    }


def test_the_server_receives_what_is_accepted_and_replies(written: dict[str, Any]) -> None:
    received = written["operations"]["receiveKeptRoomNumberIntKeyUuid"]
    assert received["action"] == "receive"
    assert received["reply"] == {
        "channel": {"$ref": "#/channels/publish_replies"},
        "messages": refs("publish_replies/messages/nothing", "publish_replies/messages/refusal"),
    }
    assert "receiveEverything" not in written["operations"]


def test_a_call_has_a_reply(written: dict[str, Any]) -> None:
    call = written["operations"]["callRoomsCreate"]
    assert call["action"] == "receive"
    assert (call["title"], call["summary"]) == ("rooms.create", "Make a room.")
    assert call["description"] == "It is empty at first."
    key = "rpc_roomsCreate/messages"
    assert call["messages"] == refs(f"{key}/roomsCreate_request")
    assert call["reply"]["messages"] == refs(f"{key}/roomsCreate_response", f"{key}/refusal")
    assert written["channels"]["rpc_roomsCreate"]["x-method"] == "rooms.create"
    assert written["operations"]["callRoomsList"]["x-deprecated"] == "use rooms.create"
    quiet = written["operations"]["callQuiet"]["reply"]["messages"]
    assert quiet == refs("rpc_quiet/messages/nothing", "rpc_quiet/messages/refusal")


def test_messages_without_a_channel_have_one_of_their_own(written: dict[str, Any]) -> None:
    assert written["channels"]["one_way"]["address"] is None
    sent = written["operations"]["send_one_way"]
    received = written["operations"]["receive_one_way"]
    assert (sent["x-envelope"], received["x-envelope"]) == ("message", "send")
    assert sent["messages"] == refs("one_way/messages/Moved", "one_way/messages/Numbers")


def test_each_operation_names_an_envelope(written: dict[str, Any]) -> None:
    for operation in written["operations"].values():
        assert operation["x-envelope"] in written["x-envelope"]


def test_a_message_is_told_by_its_tag(written: dict[str, Any]) -> None:
    message = written["components"]["messages"]["OldNumbers"]
    assert message["name"] == "numbers.v0"
    assert message["payload"] == {"$ref": "#/components/schemas/OldNumbers"}
    assert message["x-deprecated"] == "use numbers"
    schema = written["components"]["schemas"]["OldNumbers"]
    assert schema["properties"]["type"]["const"] == "numbers.v0"
    assert schema["deprecated"] is True


def test_opaque_payloads_are_called_that(written: dict[str, Any]) -> None:
    opaque = written["components"]["messages"]["opaque"]
    assert (opaque["payload"], opaque["contentType"]) == ({}, "application/octet-stream")
    assert list(written["channels"]["blobName"]["messages"]) == ["opaque"]
    assert "examples" not in opaque


def test_codes_say_whether_it_helps_to_try_again(written: dict[str, Any]) -> None:
    errors = {code["code"]: code for code in written["x-errors"]}
    closes = {code["code"]: code for code in written["x-close-codes"]}
    unsubscribes = {code["code"]: code for code in written["x-unsubscribes"]}
    assert errors[111]["temporary"] and not errors[103]["temporary"]
    assert errors[107]["meaning"].startswith("The command or its event is not valid")
    assert closes[3008]["reconnects"] and not closes[3500]["reconnects"]
    assert closes[1009]["text"] == "message too big"
    assert unsubscribes[2500]["resubscribes"] and not unsubscribes[2000]["resubscribes"]
    assert min(errors) == 100 and set(closes) & {1000, 3509} == {1000, 3509}


def test_what_is_not_there_is_not_mentioned() -> None:
    app = App("x", auth=Anonymous())
    app.channel("news", publishes=Texts)
    plain = document(contract_of(app))
    assert list(plain["components"]["messages"]) == ["Texts"]
    assert list(plain["channels"]) == ["news"]
    assert "description" not in plain["info"]
