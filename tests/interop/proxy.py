"""A TCP relay that can be cut: what a tunnel does to a train's connection.

While cut, it accepts and drops at once, so that a client finds out without a timeout.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Proxy:
    """Relays connections to a port of the loopback.

    Args:
        upstream: the port; another one counts for connections to come.

    `relayed` counts the bytes, both ways together.
    """

    def __init__(self, upstream: int) -> None:
        self.port = 0
        self.relayed = 0
        self.upstream = upstream
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Drop every connection without a word, and every new one too."""
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def passes(self, data: bytes) -> bool:
        """Say whether to relay some bytes, rather than end their connection."""
        return True

    def mend(self) -> None:
        """Relay again."""
        self._is_cut = False

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Proxy"]:
        """Relay until exit."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._relay(reader, far_writer), self._relay(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while (data := await reader.read(65_536)) and self.passes(data):
                self.relayed += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()
