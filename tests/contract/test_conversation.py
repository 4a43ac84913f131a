"""Recorded lines, held against the app with one of everything."""

from typing import Any

import pytest

from antiphon.contract import contract_of
from antiphon.contract.conversation import Conversation, Line
from tests.contract.zoo import zoo

ZOO = contract_of(zoo())
CONVERSATION = Conversation(ZOO)
ROOM = "kept:lobby/7/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
MOVE = {"type": "moved", "to": [1.0, 2.0]}
(NUMBERS,) = ZOO.events["Numbers"].examples
OLD = {"type": "numbers.v0"}


def sent(kind: str, payload: Any = None, **named: str) -> Line:
    return Line(at=0.5, direction="sent", kind=kind, payload=payload, **named)


def received(kind: str, payload: Any = None, **named: str) -> Line:
    return Line(at=0.5, direction="received", kind=kind, payload=payload, **named)


@pytest.mark.parametrize(
    "line",
    [
        sent("connect"),
        sent("subscribe", channel=ROOM),
        sent("publish", MOVE, channel=ROOM),
        sent("publish", {"any": "thing"}, channel="blob:x"),
        received("publication", {"type": "moved"}, channel=ROOM),
        received("publication", NUMBERS, channel="everything"),
        received("publication", 5, channel="blob:x"),
        received("join", channel=ROOM),
        received("leave", channel=ROOM),
        received("error", {"code": 103}, channel=ROOM),
        sent("send", MOVE),
        received("message", {"type": "moved"}),
        sent("rpc", {"name": "lobby"}, method="rooms.create"),
        received("reply", {"items": [{"name": "lobby"}], "more": True}, method="rooms.create"),
        received("reply", None, method="rooms.create"),
        sent("rpc", 3, method="quiet"),
        sent("rpc", "bytes", method="blob"),
    ],
)
def test_what_is_of_the_contract(line: Line) -> None:
    assert list(CONVERSATION.findings(line)) == []


@pytest.mark.parametrize("event", sorted(ZOO.events))
def test_each_example_is_of_the_contract(event: str) -> None:
    for channel in ZOO.channels:
        name = ROOM if channel.address.startswith("kept") else channel.address
        for declared, make in ((channel.publishes, received), (channel.accepts, sent)):
            if event in declared.events:
                kind = "publish" if make is sent else "publication"
                line = make(kind, ZOO.events[event].examples[0], channel=name.format(user=1))
                assert [f for f in CONVERSATION.findings(line) if f.violation] == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (sent("subscribe", channel="nowhere"), "nowhere: undeclared channel"),
        (sent("subscribe", channel="kept:a/b/c"), "kept:a/b/c: undeclared channel"),
        (sent("publish", MOVE, channel="nowhere"), "nowhere: undeclared channel"),
        (sent("publish", {"type": "sung"}, channel=ROOM), f"{ROOM}: undeclared event 'sung'"),
        (sent("publish", {"to": [1.0]}, channel=ROOM), f"{ROOM}: no event in `type`"),
        (sent("publish", [], channel=ROOM), f"{ROOM}: no event in `type`"),
        (
            sent("publish", NUMBERS, channel=ROOM),
            f"{ROOM}: wrong direction: 'numbers' is only published to clients",
        ),
        (
            received("message", {**MOVE, "type": "texts"}),
            "messages: wrong direction: 'texts' is only accepted from clients",
        ),
        (sent("publish", {"type": "moved"}, channel=ROOM), f"{ROOM}: moved: to is missing"),
        (
            sent("publish", {**MOVE, "by": "me"}, channel=ROOM),
            f"{ROOM}: moved.by: nothing may stand here",
        ),
        (
            sent("publish", {**MOVE, "to": ["a", 2.0]}, channel=ROOM),
            f"{ROOM}: moved.to[0]: expected number",
        ),
        (
            received(
                "publication",
                {k: v for k, v in NUMBERS.items() if k != "default"},
                channel="latest",
            ),
            "latest: numbers: default is missing",
        ),
        (received("join", channel="latest"), "latest: nobody is told who comes and goes"),
        (sent("rpc", method="nothing"), "rpc nothing: undeclared method"),
        (sent("rpc", 2, method="quiet"), "rpc quiet: less than 3"),
        (received("reply", 2, method="quiet"), "rpc quiet: a payload, and there is none"),
        (
            sent("rpc", {"name": "x", "size": 3}, method="rooms.create"),
            "rpc rooms.create.size: nothing may stand here",
        ),
    ],
)
def test_what_is_not(line: Line, text: str) -> None:
    (finding,) = CONVERSATION.findings(line)
    assert (finding.violation, finding.text) == (True, text)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            received("publication", {**OLD, "plain": 1}, channel="everything"),
            "everything: numbers.v0 is deprecated: use numbers",
        ),
        (sent("rpc", method="rooms.list"), "rpc rooms.list is deprecated: use rooms.create"),
    ],
)
def test_what_is_deprecated_is_no_violation(line: Line, text: str) -> None:
    (finding,) = CONVERSATION.findings(line)
    assert (finding.violation, finding.text) == (False, text)
