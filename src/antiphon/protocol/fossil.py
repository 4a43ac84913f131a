"""Patches in the Fossil delta format, which turn one payload into the next.

The format is Fossil's and SQLite's (fossil-scm.org, "Fossil Delta Format"): ``<target length>\\n``,
then copies from the source ``<n>@<offset>,`` and inserts ``<n>:<bytes>``, then ``<checksum>;``. Numbers
are in base 64, most significant digit first.

Where source and target are UTF-8, so is the patch: no command begins or ends inside of a code
point, because a JSON client gets the patch as a string. Other bytes are patched as well.

A patch is made on the event loop, so its cost is bounded whatever the input. Comparing the ends of
the two payloads, cutting the source into blocks and summing up the target each run once over the
input, in C. Whatever else is done is paid from `STEPS`, and when they are spent the rest of the
target is inserted as it is. A document of 4 KiB takes about 20 to 50 µs; one of 64 KiB 0.1 to 0.9 ms,
0.5 ms where nothing is alike, and 1.3 ms where somebody made it to be slow (one byte repeated, all
blocks the same, many small matches). No bytes raise anything.
"""

from collections.abc import Iterable
from typing import Final
from zlib import adler32

STEPS: Final = 5_000
"""What one patch may cost, in probes of about 0.1 µs. That is enough for 150 changes."""
BLOCKS: Final = 1_024
"""Blocks that a source is cut into at most; a larger source has larger blocks."""

_SMALLEST_BLOCK: Final = 32
_SMALLEST_COPY: Final = 8
"""A shorter copy is hardly shorter than the bytes it stands for."""

_AHEAD: Final = (4, 12, 28, 44, 60)
"""Bytes past the start of a change where the old text is looked for: the new value of a field has so
many."""
_NEEDLE: Final = 16
"""Bytes that must be the same there."""
_SLACK: Final = 24
"""Bytes that the change may have taken away."""
_LONG: Final = 128
"""A match of so many bytes is the right one; a shorter one may be of field names and constants only."""
_PATIENCE: Final = 2
"""Short matches that are taken before something longer is looked for elsewhere."""

_MATCH_STEPS: Final = 32
"""What a match costs, with looking right behind the change before."""
_PROBES_PER_STRIDE: Final = 64
"""Probes in vain after which the next ones are a byte further apart."""
_SPAN: Final = 128
"""Bytes that are compared first where payloads run alike, and bit by bit last."""

_DIGITS: Final = [
    bytes([digit]) for digit in b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
]

_Match = tuple[int, int, int]
"""(start, end, shift): `target[start:end]` is `source[start + shift:end + shift]`."""


def create(source: bytes, target: bytes) -> bytes | None:
    """Make the patch that turns `source` into `target`.

    Returns:
        None where the patch is not smaller than the target: full data serves better then. That is
        so too where a smaller one would take more than `STEPS` to find.
    """
    parts = [_number(len(target)), b"\n", *_commands(target, _Search(source, target).matches())]
    if sum(map(len, parts)) >= len(target):
        return None
    patch = b"".join([*parts, _number(_checksum(target)), b";"])
    return patch if len(patch) < len(target) else None


def _commands(target: bytes, matches: Iterable[_Match]) -> list[bytes]:
    parts: list[bytes] = []
    done = 0
    for match in matches:
        start, end, shift = _whole_code_points(target, match)
        if end - start < _SMALLEST_COPY:
            continue
        if start > done:
            parts += _number(start - done), b":", target[done:start]
        parts += _number(end - start), b"@", _number(start + shift), b","
        done = end
    if done < len(target):
        parts += _number(len(target) - done), b":", target[done:]
    return parts


def _whole_code_points(target: bytes, match: _Match) -> _Match:
    """Shrink a match until it cuts no code point. All bytes of one but the first are 0x80 to 0xBF.

    More than three of those in a row are not UTF-8, and may be cut anywhere.
    """
    start, end, shift = match
    last = min(start + 3, end)
    while start < last and 0x80 <= target[start] <= 0xBF:
        start += 1
    if end < len(target):
        first = max(end - 3, start)
        while end > first and 0x80 <= target[end] <= 0xBF:
            end -= 1
    return start, end, shift


class _Search:
    """Finds what a target has in common with its source, in one walk over the target.

    After a change the old text mostly goes on soon, so that is where it is looked for first. Where it
    does not, or for short whiles only, the text may have moved (a list has one more entry at its head),
    and is looked for among all blocks of the source, which are cut when first needed.
    """

    __slots__ = (
        "_blocks",
        "_end",
        "_patience",
        "_size",
        "_source",
        "_steps",
        "_target",
        "_waiting",
    )

    def __init__(self, source: bytes, target: bytes) -> None:
        self._source = source
        self._target = target
        self._end = len(target)
        self._size = max(_SMALLEST_BLOCK, -(-len(source) // BLOCKS))
        self._blocks: dict[bytes, int] = {}
        self._steps = STEPS
        self._patience = self._waiting = _PATIENCE

    def matches(self) -> list[_Match]:
        """The matches in order of the target. Any part of one may be left out."""
        source, target = self._source, self._target
        shorter = min(len(source), len(target))
        head = _alike_after(source, 0, target, 0, shorter)
        tail = _alike_before(source, len(source), target, len(target), shorter - head)
        self._end -= tail
        last = (self._end, len(target), len(source) - len(target))
        return [(0, head, 0), *self._between(head), last]

    def _between(self, start: int) -> list[_Match]:
        found = []
        shift = 0
        while self._end - start >= _NEEDLE and self._steps > 0:
            match = self._next(start, shift)
            if match is None:
                break
            found.append(match)
            _, start, shift = match
        return found

    def _next(self, start: int, shift: int) -> _Match | None:
        """The match to take after a change at `start`, up to which the last one had this shift."""
        near = self._near(start, start + shift)
        if near is None:
            return self._anywhere(start, self._end)
        if near[1] - near[0] >= _LONG or near[1] == self._end:
            return near
        return self._longer(start, near)

    def _longer(self, start: int, near: _Match) -> _Match:
        """A longer match than this short one, or this. Each search in vain puts off the next."""
        if self._waiting:
            self._waiting -= 1
            return near
        far = self._anywhere(start, near[0])
        if far and far[1] - far[0] > near[1] - near[0]:
            self._patience = 0
            return far
        self._patience += 1
        self._waiting = self._patience
        return near

    def _near(self, start: int, at: int) -> _Match | None:
        """A match soon after `target[start]` and `source[at]`."""
        target = self._target
        for ahead in _AHEAD:
            probe = start + ahead
            if probe + _NEEDLE > self._end:
                break
            needle = target[probe : probe + _NEEDLE]
            place = self._source.find(needle, at, at + ahead + _NEEDLE + _SLACK)
            if place >= 0:
                return self._grown(start, probe, place)
        return None

    def _anywhere(self, start: int, end: int) -> _Match | None:
        """The first match of a whole block that goes on at `start`, or begins from there to `end`.

        The longer there is none, the further apart are the probes.
        """
        if self._end - start < self._size:
            return None
        self._blocks = blocks = self._blocks or self._cut()
        target, size = self._target, self._size
        first, end, stride = max(start - size + 1, 0), min(end, self._end - size + 1), 1
        while first < end and self._steps > 0:
            window = range(first, min(first + stride * _PROBES_PER_STRIDE, end), stride)
            for probe in window:
                if (block := target[probe : probe + size]) in blocks:
                    match = self._grown(start, probe, blocks[block])
                    if match[1] - match[0] >= _NEEDLE:
                        self._steps -= window.index(probe)
                        return match
            self._steps -= len(window)
            first, stride = window.stop, stride + 1
        return None

    def _cut(self) -> dict[bytes, int]:
        """Where each block of the source is, or the last of equal ones: one candidate per probe."""
        source, size = self._source, self._size
        return {source[at : at + size]: at for at in range(0, len(source) - size + 1, size)}

    def _grown(self, start: int, probe: int, place: int) -> _Match:
        """The match around `target[probe]` and `source[place]`, from `start` on."""
        self._steps -= _MATCH_STEPS
        source, target, shift = self._source, self._target, place - probe
        probe = max(probe, start)
        most = min(probe - start, probe + shift)
        before = _alike_before(target, probe, source, probe + shift, most)
        most = min(self._end - probe, len(source) - probe - shift)
        after = _alike_after(target, probe, source, probe + shift, most)
        return probe - before, probe + after, shift


def _alike_after(one: bytes, i: int, other: bytes, j: int, most: int) -> int:
    """How many of the next `most` bytes are the same from `one[i]` and `other[j]` on."""
    begin, end, shift, step = i, i + most, j - i, _SPAN
    while (k := i + step) <= end and one[i:k] == other[i + shift : k + shift]:
        i = k
        step *= 4
    k = min(k, end)
    while k - i > _SPAN:
        half = (i + k) // 2
        if one[i:half] == other[i + shift : half + shift]:
            i = half
        else:
            k = half
    unlike = int.from_bytes(one[i:k], "big") ^ int.from_bytes(other[i + shift : k + shift], "big")
    return k - begin - (unlike.bit_length() + 7) // 8


def _alike_before(one: bytes, i: int, other: bytes, j: int, most: int) -> int:
    """How many of the last `most` bytes are the same up to `one[i]` and `other[j]`, exclusive."""
    end, begin, shift, step = i, i - most, j - i, _SPAN
    while (k := i - step) >= begin and one[k:i] == other[k + shift : i + shift]:
        i = k
        step *= 4
    k = max(k, begin)
    while i - k > _SPAN:
        half = (i + k) // 2
        if one[half:i] == other[half + shift : i + shift]:
            i = half
        else:
            k = half
    a, b = one[k:i], other[k + shift : i + shift]
    unlike = int.from_bytes(a, "little") ^ int.from_bytes(b, "little")
    return end - k - (unlike.bit_length() + 7) // 8


def _number(value: int) -> bytes:
    digits = _DIGITS[value & 63]
    while value := value >> 6:
        digits = _DIGITS[value & 63] + digits
    return digits


def _checksum(target: bytes) -> int:
    """The sum of the big-endian 32-bit words, modulo 2**32; the last is padded with zeros.

    Summed by columns, 256 bytes at a time: so few add up to less than Adler's modulus, and the lower
    half of their Adler-32, begun at 0, is their plain sum.
    """
    total = 0
    for column in (target[0::4], target[1::4], target[2::4], target[3::4]):
        sums = [adler32(column[at : at + 256], 0) & 0xFFFF for at in range(0, len(column), 256)]
        total = (total << 8) + sum(sums)
    return total & 0xFFFFFFFF
