"""What a client that comes back is given: the recovery decision, pure.

Inputs are the position that the client holds, what the stream holds after it, the stream's top,
and what was published live while the stream was being read. The rules are those of the Centrifuge
protocol: never a partial recovery. Either every missed publication, in order and once, or
``recovered`` is False and the client loads its state from elsewhere.
"""

from msgspec import Struct

from antiphon.publication import Publication, StreamPosition


class Recovery(Struct, frozen=True):
    """The outcome. `offset` is what the reply carries: the asked one, or the top."""

    recovered: bool
    publications: list[Publication]
    offset: int


def has_gap(publications: list[Publication], after: int) -> bool:
    """Say whether offsets do not run on, one by one, from `after` + 1."""
    expected = range(after + 1, after + 1 + len(publications))
    return any(p.offset != offset for p, offset in zip(publications, expected, strict=True))


def newer(publications: list[Publication], than: int) -> list[Publication]:
    """Return those with a greater offset, ascending and without repetitions."""
    by_offset = {p.offset: p for p in publications if p.offset > than}
    return [by_offset[offset] for offset in sorted(by_offset)]


def recover_stream(
    wanted: StreamPosition, found: list[Publication], top: StreamPosition
) -> Recovery:
    """Decide for a channel whose every publication counts.

    Args:
        wanted: what the client holds; an empty epoch matches any.
        found: what the stream holds after ``wanted.offset``, ascending, possibly cut short.
        top: the newest position.
    """
    lost = Recovery(recovered=False, publications=[], offset=top.offset)
    if wanted.epoch and wanted.epoch != top.epoch:
        return lost
    if not found:
        whole = wanted.offset == top.offset
    else:
        whole = found[-1].offset == top.offset and not has_gap(found, wanted.offset)
    return Recovery(recovered=True, publications=found, offset=wanted.offset) if whole else lost


def recover_cache(
    wanted: StreamPosition, latest: Publication | None, top: StreamPosition
) -> Recovery:
    """Decide for a channel of which only the latest value counts.

    Args:
        latest: the newest stored publication, if there is one.
    """
    current = wanted.offset == top.offset and wanted.epoch == top.epoch
    if latest is None or latest.offset != top.offset:
        return Recovery(recovered=current, publications=[], offset=top.offset)
    # Offset 0 is what a client holds that never received anything, whatever epoch it read.
    known = current and wanted.offset > 0
    return Recovery(recovered=True, publications=[] if known else [latest], offset=top.offset)
