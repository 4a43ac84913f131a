"""Patches: made once per pair of payloads, and not kept without bound."""

from typing import Any

import pytest
from msgspec import Raw

from antiphon.hub import patches
from antiphon.hub.patches import Patches
from antiphon.protocol import fossil
from antiphon.publication import Publication


def document(number: int, size: int = 400) -> Publication:
    return Publication(Raw(b'{"text": "%s", "number": %d}' % (b"x" * size, number)))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The targets of all patches that were made, in order."""
    targets: list[bytes] = []
    create: Any = fossil.create

    def counted(source: bytes, target: bytes) -> bytes | None:
        targets.append(target)
        patch: bytes | None = create(source, target)
        return patch

    monkeypatch.setattr(fossil, "create", counted)
    return targets


def test_a_patch_is_made_once(made: list[bytes]) -> None:
    kept = Patches()
    first, again = (kept.between(document(1), document(2)) for _ in range(2))
    assert first is not None
    assert first == again
    assert len(made) == 1


def test_that_there_is_none_is_known_too(made: list[bytes]) -> None:
    kept = Patches()
    for _ in range(2):
        assert kept.between(document(1), Publication(Raw(b"1"))) is None
    assert len(made) == 1


def test_the_least_recently_used_go_first(
    made: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "KEPT_BYTES", 2_600)
    kept = Patches()
    kept.between(document(1), document(2))
    kept.between(document(2), document(3))
    kept.between(document(1), document(2))
    kept.between(document(3), document(4))
    assert len(made) == 3
    kept.between(document(1), document(2))
    assert len(made) == 3
    kept.between(document(2), document(3))
    assert len(made) == 4


def test_one_that_is_larger_than_the_bound_is_not_kept(
    made: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "KEPT_BYTES", 100)
    kept = Patches()
    for _ in range(2):
        assert kept.between(document(1), document(2)) is not None
    assert len(made) == 2
