"""Patches from one payload to the next, made once for all who need them.

A live publication needs its patch once per topic, however many codecs its audiences have. Clients
that come back at the same time all recover the same publications. What was made last is kept, up
to a number of bytes.
"""

from collections import OrderedDict
from typing import Final

from antiphon.protocol import fossil
from antiphon.publication import Publication

KEPT_BYTES: Final = 8_388_608
"""Payloads and patches that are kept, in bytes, about; then the least recently used go."""
ENTRY_BYTES: Final = 384
"""What a patch takes in CPython besides the bytes of itself and of its payloads."""


class Patches:
    """The patches of one hub."""

    __slots__ = ("_held", "_made")

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[bytes, bytes], bytes | None] = OrderedDict()
        self._held = 0

    def between(self, base: Publication, publication: Publication) -> bytes | None:
        """Return the patch to `base` that makes the payload; None where none is smaller."""
        pair = bytes(base.data), bytes(publication.data)
        if pair in self._made:
            self._made.move_to_end(pair)
            return self._made[pair]
        patch = self._made[pair] = fossil.create(*pair)
        self._held += _weight(pair, patch)
        while self._held > KEPT_BYTES:
            self._held -= _weight(*self._made.popitem(last=False))
        return patch


def _weight(pair: tuple[bytes, bytes], patch: bytes | None) -> int:
    return ENTRY_BYTES + len(pair[0]) + len(pair[1]) + len(patch or b"")
