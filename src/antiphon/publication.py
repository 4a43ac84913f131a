"""What a channel holds: publications, who made them, and positions in its stream.

These are the protocol's own shapes (`ClientInfo`, `Publication`, `StreamPosition`), so that one
object serves the engine that stores it and the codec that writes it. JSON leaves fields out that
hold their default, as the protocol asks, except `user` and `client`, which are always present.
"""

from typing import Final

from msgspec import Raw, Struct

NO_DATA: Final = Raw()
"""An absent JSON value. Compare with `is`: msgspec leaves a field out by identity too."""


class ClientInfo(Struct, frozen=True, omit_defaults=True):
    """Who made a publication, or who is present."""

    user: str
    client: str
    conn_info: Raw = NO_DATA
    """JSON that the credential carries about the connection."""
    chan_info: Raw = NO_DATA
    """JSON that belongs to the subscription."""


class Publication(Struct, omit_defaults=True):
    """One message in a channel.

    `data` is JSON, already encoded, unless `opaque` says that it may be any bytes. `offset` counts
    from 1 in a channel with history and is 0 in one without. `epoch` is written only on offset 1,
    for clients that met an empty stream.
    """

    data: Raw
    info: ClientInfo | None = None
    offset: int = 0
    tags: dict[str, str] | None = None
    epoch: str = ""
    delta: bool = False
    """Whether `data` is a patch to the publication before; on its way to a client only."""
    opaque: bool = False
    """Whether `data` is what an app hands through unseen. Not written: a codec clears it."""


class StreamPosition(Struct, frozen=True):
    """A place in a channel's stream: `offset` within the `epoch`, a life of the stream."""

    offset: int = 0
    epoch: str = ""
