"""What the parts of a hub share: the engine, the app, the limits, the topics and the time.

The core starts no connection and decides nothing; sessions and joining do. It owns the topics and
the tasks: whatever has to wait runs in a task that is held here until its end, and an exception
nobody else took is logged here.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from antiphon.errors import Disconnect, TooManyRequests
from antiphon.hub.patches import Patches
from antiphon.hub.ports import Application, Engine
from antiphon.hub.running import finish, start
from antiphon.hub.stats import Stats
from antiphon.hub.topic import Topic
from antiphon.hub.wheel import Alarm, Calendar
from antiphon.limits import Limits

log = logging.getLogger("antiphon")

_HOP_SECONDS = 300.0
_SILENT_SECONDS = 10.0
"""At most one line per close code in this time."""


class Core:
    """One event loop's worth of shared state.

    Args:
        wall_clock: unix seconds, for what tokens say about time.
        clock: monotonic seconds, for rates.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        app: Application,
        limits: Limits,
        version: str,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.engine = engine
        self.app = app
        self.limits = limits
        self.version = version
        self.node = uuid.uuid4().hex
        """Names this process to clients whose requests may reach another one."""
        self.clock = clock
        self.wall_clock = wall_clock
        self.stats = Stats()
        self.patches = Patches()
        self.calendar = Calendar()
        self.topics: dict[str, Topic] = {}
        self.tasks: set[asyncio.Future[Any]] = set()
        self.loop: asyncio.AbstractEventLoop
        self._dirty: list[Topic] = []
        self._silent_until: dict[int, float] = {}

    def topic(self, channel: str) -> Topic:
        """Find or make the topic of a channel."""
        topic = self.topics.get(channel)
        if topic is None:
            topic = Topic(channel, on_dirty=self._schedule, patches=self.patches, stats=self.stats)
            self.topics[channel] = topic
        return topic

    def run(self, work: Coroutine[Any, Any, None], *, waits: bool, of: object) -> None:
        """Run something that nobody waits for; what it raises is logged, and `of` whom it was."""
        if waits:
            self.hold(start(work, self.loop), partial(self._log_failure, work, of))
            return
        try:
            finish(work)
        except (Exception, asyncio.CancelledError):
            self.failed(work, of)

    def after(self, seconds: float, then: Callable[[], None]) -> Alarm:
        """Call `then` once so many seconds have passed."""
        alarm = Alarm(then)
        self.calendar.after(seconds, alarm)
        return alarm

    def at(self, moment: float, then: Callable[[], None]) -> Alarm:
        """Call `then` at a moment of the wall clock.

        The alarm is looked at every few minutes: a clock may be set, and one that was cancelled
        long before its moment is not kept until then.
        """
        alarm = Alarm(then)
        self._approach(moment, alarm)
        return alarm

    def _approach(self, moment: float, alarm: Alarm) -> None:
        left = moment - self.wall_clock()
        if left <= 0:
            alarm()
        elif alarm.is_set:
            self.calendar.after(min(left, _HOP_SECONDS), partial(self._approach, moment, alarm))

    def make_room(self) -> None:
        """See that one more handler may wait.

        Raises:
            TooManyRequests: `Limits.handlers_waiting` of them do already.
        """
        limit = self.limits.handlers_waiting
        if len(self.tasks) >= limit:
            raise TooManyRequests(f"handlers_waiting is {limit}")

    def hold(
        self, future: asyncio.Future[Any], then: Callable[[asyncio.Future[Any]], None]
    ) -> None:
        """Keep a task until it ends, then hand it over."""
        if future.done():
            then(future)
            return
        self.tasks.add(future)
        future.add_done_callback(self.tasks.discard)
        future.add_done_callback(then)

    def explain(self, disconnect: Disconnect, of: object) -> None:
        """Log more of why a connection ends than its client is told; seldom, for strangers do it."""
        now, code = self.clock(), disconnect.number
        if disconnect.detail and now >= self._silent_until.get(code, now):
            self._silent_until[code] = now + _SILENT_SECONDS
            log.info("%s is closed with %s", of, disconnect.detailed)

    def failed(self, what: object, of: object) -> None:
        """Log the exception being handled, with its traceback."""
        self.stats.handler_errors += 1
        log.exception("%s raised for %s", what, of)

    def _log_failure(self, what: object, of: object, future: asyncio.Future[Any]) -> None:
        if not future.cancelled() and (error := future.exception()):
            self.stats.handler_errors += 1
            log.error("%s raised for %s", what, of, exc_info=error)

    def _schedule(self, topic: Topic) -> None:
        self._dirty.append(topic)
        if len(self._dirty) == 1:
            self.loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what the turn of the loop has gathered."""
        dirty, self._dirty = self._dirty, []
        for topic in dirty:
            topic.dirty = False
            topic.flush()
