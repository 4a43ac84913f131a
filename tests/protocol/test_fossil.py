"""Fossil patches: two real decoders make the target of them, they are small, and cheap to make."""

import base64
import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from centrifuge.fossil import apply_delta  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from antiphon.protocol import fossil
from tests.conftest import miss

JAVASCRIPT = Path(__file__).parents[1] / "interop" / "js"
KIB = 1024

ASCII = ("market", "opens", "higher", "after", "the", "bank", "kept", "its", "rate")
WORLD = ("Börse", "öffnet", "höher", "小林", "株価", "цена", "выше", "📈", "📉", "é", "è", "rate")


def patched(source: bytes, target: bytes) -> bytes | None:
    """The patch, once the decoder of the Python SDK has made the target of it."""
    patch = fossil.create(source, target)
    if patch is not None:
        assert len(patch) < len(target)
        assert apply_delta(source, patch) == target
    return patch


def share(source: bytes, target: bytes) -> float:
    """The size of the patch as a part of the target's."""
    patch = patched(source, target)
    return 1.0 if patch is None else len(patch) / len(target)


# Documents.


def encode(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def record(source: random.Random, words: tuple[str, ...]) -> dict[str, Any]:
    text = " ".join(source.choices(words, k=source.randrange(2, 16)))
    return {"id": source.randrange(10**6), "text": text, "price": source.randrange(9_999) / 100}


def feed(source: random.Random, words: tuple[str, ...], size: int) -> dict[str, Any]:
    """A document of about `size` bytes."""
    document: dict[str, Any] = {"type": "feed", "entries": []}
    while len(encode(document)) < size - KIB:
        document["entries"] += [record(source, words) for _ in range(10)]
    while len(encode(document)) < size:
        document["entries"].append(record(source, words))
    return document


def edited(source: random.Random, words: tuple[str, ...], document: Any, edits: int) -> Any:
    """A copy with so many fields set, entries put in, taken out and exchanged."""
    new = copy.deepcopy(document)
    entries = new["entries"]
    for _ in range(edits):
        at, other = source.randrange(len(entries)), source.randrange(len(entries))
        match source.randrange(6):
            case 0:
                entries.insert(at, record(source, words))
            case 1 if len(entries) > 1:
                del entries[at]
            case 2:
                entries[at], entries[other] = entries[other], entries[at]
            case 3:
                entries[at]["text"] += source.choice(words)
            case _:
                entries[at]["price"] = source.randrange(99_999) / 100
    return new


def documents(seed: int) -> tuple[bytes, bytes]:
    """A document, and what it may look like some edits later."""
    source = random.Random(seed)
    words = source.choice((ASCII, WORLD))
    old = feed(source, words, source.choice((200, KIB, 4 * KIB)))
    return encode(old), encode(edited(source, words, old, source.randrange(8)))


# Right for any bytes.

pieces = st.lists(
    st.sampled_from(
        [b"a" * 40, b"a" * 17, b"b", b"\x80" * 35, b"\xbf", b"\xc3", b"\xe5\xb0", bytes(19)]
        + ["é".encode() * 17, "小".encode() * 11, "📈".encode() * 9, bytes(range(256))]
    ),
    max_size=24,
).map(b"".join)


@given(st.binary(max_size=200), st.binary(max_size=200))
@example(b"", b"")
@example(b"a" * 100, b"")
@example(b"", b"a" * 100)
@example(b"\x80" * 100, b"\x80" * 50 + b"\x81" + b"\x80" * 50)
def test_patches_anything(source: bytes, target: bytes) -> None:
    patched(source, target)


@given(pieces, pieces)
def test_patches_what_repeats_itself(source: bytes, target: bytes) -> None:
    patched(source, target)


@given(st.integers(0, 2**32))
def test_patches_edited_documents(seed: int) -> None:
    patch = patched(*documents(seed))
    assert patch is None or patch.decode()


words = st.lists(st.sampled_from(WORLD), min_size=40, max_size=120).map("".join)
splices = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 9), st.text(max_size=9)), min_size=1, max_size=6
)


@given(words, splices)
def test_a_patch_of_text_is_text(source: str, splices: list[tuple[int, int, str]]) -> None:
    target = source
    for at, length, text in splices:
        target = target[:at] + text + target[at + length :]
    patch = patched(source.encode(), target.encode())
    assert patch is None or patch.decode()


@pytest.mark.parametrize("new", "aéèũ小尐林📈📉🔈")
@pytest.mark.parametrize("old", "aéèũ小尐林📈📉🔈")
def test_cuts_no_code_point(old: str, new: str) -> None:
    """Among these are such as differ in their first, second or last byte only."""
    for rest in ("plain", "é小📈"):
        source, target = (f"{rest * 9}{one}{rest * 9}{one}{one}" for one in (old, new))
        patch = patched(source.encode(), target.encode())
        assert patch is not None
        patch.decode()


def test_the_format() -> None:
    assert fossil.create(b"a" * 64, b"a" * 64) == b"10\n10@0,M5XOG;"
    assert fossil.create(b"a" * 64, b"a" * 64 + b"new") == b"13\n10@0,3:new24UtpG;"


@pytest.mark.parametrize("size", [1020, 1021, 1022, 1023, 20_000])
def test_the_checksum_of_the_largest_bytes(size: int) -> None:
    assert patched(b"\xff" * 999, b"\xff" * size)


# Small.


@pytest.mark.parametrize("words", [ASCII, WORLD])
@pytest.mark.parametrize("size", [4 * KIB, 16 * KIB, 64 * KIB])
def test_a_few_new_figures_make_a_small_patch(size: int, words: tuple[str, ...]) -> None:
    source = random.Random(size)
    old = feed(source, words, size)
    new = copy.deepcopy(old)
    for entry in source.sample(new["entries"], 5):
        entry["price"] = source.randrange(99_999) / 100
    new["entries"][-1]["id"] += 1
    assert share(encode(old), encode(new)) < 0.03


@pytest.mark.parametrize("words", [ASCII, WORLD])
def test_a_new_entry_moves_the_others_which_are_copied(words: tuple[str, ...]) -> None:
    source = random.Random(7)
    old = feed(source, words, 4 * KIB)
    new = {**old, "entries": [record(source, words), *old["entries"][:-1]]}
    assert share(encode(old), encode(new)) < 0.1


def test_entries_are_not_taken_for_their_neighbours() -> None:
    """All entries are as long as each other and have much in common, but for what is new in each."""
    source = random.Random(7)

    def entries(count: int) -> list[dict[str, Any]]:
        rest = {"type": "message", "room": "lobby", "seen": False}
        return [{"id": source.randrange(10**6, 10**7), **rest} for _ in range(count)]

    old = entries(60)
    assert share(encode(old), encode([*entries(1), *old[:-1]])) < 0.04


def test_goes_on_behind_a_long_new_part() -> None:
    old, new = random.Random(1).randbytes(8 * KIB), random.Random(2).randbytes(32 * KIB)
    patch = patched(old, b"new" + new + old[KIB:] + b"end")
    assert patch is not None
    assert len(patch) < len(new) + KIB


def test_what_stands_between_many_changes_is_copied() -> None:
    source = random.Random(7)

    def quotes() -> list[dict[str, Any]]:
        return [{"name": name, "unit": "EUR", "price": source.random()} for name in ASCII * 6]

    assert share(encode(quotes()), encode(quotes())) < 0.6


def test_exchanged_parts_are_copied() -> None:
    one, other = random.Random(1).randbytes(900), random.Random(2).randbytes(900)
    assert share(one + other, other + one) < 0.05


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (b"a" * 100, b""),
        (b"", b"a" * 100),
        (b"1", b"1"),
        (b"12", b"13"),
        (random.Random(1).randbytes(5_000), random.Random(2).randbytes(5_000)),
    ],
)
def test_no_patch_where_it_would_not_be_smaller(source: bytes, target: bytes) -> None:
    assert fossil.create(source, target) is None


# Cheap, for any input: counted in lines of Python, which no machine is slower at.

MOST_LINES = 30_000

HOSTILE: dict[str, Callable[[int], tuple[bytes, bytes]]] = {
    "nothing alike": lambda n: (random.Random(1).randbytes(n), random.Random(2).randbytes(n)),
    "one byte": lambda n: (b"a" * n, b"b" * n),
    "one byte, interrupted": lambda n: (b"a" * n, (b"a" * 31 + b"b") * (n // 32)),
    "one byte, rarely interrupted": lambda n: (b"a" * n, (b"a" * 999 + b"b") * (n // 1000)),
    "zeros, interrupted": lambda n: (bytes(n), (bytes(40) + b"a") * (n // 41)),
    "a byte shifted": lambda n: (b"ab" * (n // 2), b"ba" * (n // 2)),
    "all blocks alike": lambda n: ((b"x" * 31 + b"y") * (n // 32), (b"x" * 30 + b"yx") * (n // 32)),
    "many small matches": lambda n: shuffled(n, 64, 40),
    "many matches": lambda n: shuffled(n, 256, 256),
    "continuation bytes": lambda n: (b"\x80" * n, (b"\x80" * 99 + b"\x81") * (n // 100)),
}


def shuffled(size: int, part: int, kept: int) -> tuple[bytes, bytes]:
    source = random.Random(size)
    old = source.randbytes(size)
    starts = list(range(0, size, part))
    source.shuffle(starts)
    return old, b"".join(old[at : at + kept] + b"#" for at in starts)


def lines_run(source: bytes, target: bytes) -> int:
    """How many lines of Python making a patch takes."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        fossil.create(source, target)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("size", [64 * KIB, 1024 * KIB])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_input_costs_much(name: str, size: int) -> None:
    assert 0 < lines_run(*HOSTILE[name](size)) < MOST_LINES


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_patched_right(name: str) -> None:
    patched(*HOSTILE[name](16 * KIB))


# The decoder that the JavaScript SDK is made from.


@pytest.fixture(scope="session")
def packages() -> Path:
    """Where `make setup` puts the decoder."""
    folder = JAVASCRIPT / "node_modules"
    return folder if (folder / "fossil-delta").is_dir() else miss("tests/interop/js/node_modules")


def binaries(seed: int) -> tuple[bytes, bytes]:
    """Random bytes, and the same with some taken out, put in and exchanged."""
    source = random.Random(seed)
    old = source.randbytes(source.randrange(100, 2 * KIB))
    new = old
    for _ in range(source.randrange(1, 6)):
        at, other = sorted(source.choices(range(len(old)), k=2))
        moved = new[other:] + new[:at] if source.random() < 0.3 else new[:at]
        new = moved + source.randbytes(source.randrange(9)) + new[at + source.randrange(9) :]
    return old, new[: 4 * KIB]


def test_the_public_decoder_agrees(node: str, packages: Path) -> None:
    """One Node applies all patches, of documents as strings and of binaries as bytes."""
    pairs = [*map(documents, range(400)), *map(binaries, range(400))]
    triples = [(one, patch, other) for one, other in pairs if (patch := patched(one, other))]
    texts = [triple for triple in triples if triple[0].startswith(b'{"type"')]
    others = [triple for triple in triples if not triple[0].startswith(b'{"type"')]
    assert len(texts) > 300 < len(others)
    assert any(not patch.isascii() for _, patch, _ in texts)
    cases = {
        "texts": [[part.decode() for part in triple] for triple in texts],
        "binaries": [[base64.b64encode(part).decode() for part in triple] for triple in others],
    }
    command = (node, "fossil.js")
    told = subprocess.run(
        command, cwd=JAVASCRIPT, input=json.dumps(cases), capture_output=True, text=True, timeout=50
    )
    assert json.loads(told.stdout or "[]") == [""] * len(triples), told.stderr
