"""An engine behind a network: every call takes its time, and publications arrive when they arrive."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from antiphon.engine import MemoryEngine
from antiphon.publication import ClientInfo, Publication, StreamPosition


class SlowEngine:
    """The memory engine with waits before and after each step, and a bus that lags behind it.

    What is published is stored at once in its turn, and delivered in order, later, if the channel
    was watched when it was stored. With `loses`, the bus is not to be relied on.

    Args:
        pauses: turns of the event loop to wait, drawn anew for each wait; 0 waits not at all.
        loses: says of each publication whether the bus drops it.
    """

    waits = True

    def __init__(
        self,
        pauses: Iterator[int],
        *,
        loses: Callable[[Publication], bool] | None = None,
    ) -> None:
        self.lossless = loses is None
        self.memory = MemoryEngine()
        self.watched: set[str] = set()
        self._pauses = pauses
        self._loses = loses or (lambda publication: False)
        self._wanted: set[str] = set()
        self._present: dict[tuple[str, str], ClientInfo | None] = {}
        self._bus: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        self._pump: asyncio.Task[None] | None = None

    async def _pause(self) -> None:
        for _ in range(next(self._pauses)):
            await asyncio.sleep(0)

    async def start(self, *, deliver: Any, deliver_join: Any, deliver_leave: Any) -> None:
        def put(channel: str, publication: Publication, exclude: str) -> None:
            if channel in self.watched and not self._loses(publication):
                self._bus.put_nowait((deliver, channel, publication, exclude))

        def tell(then: Any) -> Callable[[str, ClientInfo], None]:
            def put_told(channel: str, info: ClientInfo) -> None:
                if channel in self.watched:
                    self._bus.put_nowait((then, channel, info))

            return put_told

        await self.memory.start(
            deliver=put, deliver_join=tell(deliver_join), deliver_leave=tell(deliver_leave)
        )
        self._pump = asyncio.create_task(self._deliver_all())

    async def _deliver_all(self) -> None:
        while True:
            then, *arguments = await self._bus.get()
            await self._pause()
            then(*arguments)

    async def stop(self) -> None:
        assert self._pump is not None
        self._pump.cancel()

    @property
    def idle(self) -> bool:
        """Whether nothing is on the bus."""
        return self._bus.empty()

    async def watch(self, channel: str) -> None:
        self._wanted.add(channel)
        await self._pause()
        self._apply(channel)
        await self._pause()

    async def unwatch(self, channel: str) -> None:
        self._wanted.discard(channel)
        await self._pause()
        self._apply(channel)
        await self._pause()

    def _apply(self, channel: str) -> None:
        (self.watched.add if channel in self._wanted else self.watched.discard)(channel)

    async def _slowly(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        await self._pause()
        result = await call(*arguments, **options)
        await self._pause()
        return result

    async def publish(
        self, channel: str, publication: Publication, **options: Any
    ) -> StreamPosition:
        found: StreamPosition = await self._slowly(
            self.memory.publish, channel, publication, **options
        )
        return found

    async def history(
        self, channel: str, **options: Any
    ) -> tuple[list[Publication], StreamPosition]:
        found: tuple[list[Publication], StreamPosition] = await self._slowly(
            self.memory.history, channel, **options
        )
        return found

    async def remove_history(self, channel: str) -> None:
        await self._slowly(self.memory.remove_history, channel)

    async def add_presence(self, channel: str, info: ClientInfo) -> None:
        self._present[channel, info.client] = info
        await self._slowly(self._apply_presence, channel, info.client)

    async def remove_presence(self, channel: str, client: str) -> None:
        self._present[channel, client] = None
        await self._slowly(self._apply_presence, channel, client)

    async def _apply_presence(self, channel: str, client: str) -> None:
        info = self._present[channel, client]
        if info is None:
            await self.memory.remove_presence(channel, client)
        else:
            await self.memory.add_presence(channel, info)

    async def presence(self, channel: str) -> dict[str, ClientInfo]:
        found: dict[str, ClientInfo] = await self._slowly(self.memory.presence, channel)
        return found

    async def presence_stats(self, channel: str) -> tuple[int, int]:
        found: tuple[int, int] = await self._slowly(self.memory.presence_stats, channel)
        return found

    async def join(self, channel: str, info: ClientInfo) -> None:
        await self._slowly(self.memory.join, channel, info)

    async def leave(self, channel: str, info: ClientInfo) -> None:
        await self._slowly(self.memory.leave, channel, info)
