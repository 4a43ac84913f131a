"""A page of what a channel keeps, by the protocol's rules, whoever asks for it."""

from antiphon.errors import BadRequest, Unrecoverable
from antiphon.hub.ports import Engine
from antiphon.protocol.messages import Since
from antiphon.publication import Publication, StreamPosition


async def read_page(
    engine: Engine, channel: str, *, limit: int, since: Since | None, reverse: bool, most: int
) -> tuple[list[Publication], StreamPosition]:
    """Return some publications, and the position of the newest there is.

    Args:
        limit: publications asked for; negative for all.
        since: read after this position (before it, when `reverse`); an empty epoch is any.
        most: publications that are given at most.

    Raises:
        BadRequest: nothing comes before offset 0.
        Unrecoverable: the position is of another life of the stream.
    """
    if reverse and since is not None and since.offset == 0:
        raise BadRequest("since.offset: must be positive in reverse")
    publications, top = await engine.history(
        channel,
        since=None if since is None else since.offset,
        limit=most if limit < 0 else min(limit, most),
        reverse=reverse,
    )
    if since is not None and since.epoch not in ("", top.epoch):
        raise Unrecoverable()
    return publications, top


def fitting(publications: list[Publication], most: int) -> list[Publication]:
    """Return the first of a page, at least one, with `most` bytes of payload; the rest is another page."""
    size = 0
    for count, publication in enumerate(publications):
        size += len(publication.data)
        if size > most and count:
            return publications[:count]
    return publications
