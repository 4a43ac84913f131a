"""Fixtures for the wire: one native server for all tests of a module, and a fresh peer for each."""

from collections.abc import Iterator

import pytest

from antiphon.limits import Limits
from tests.wire.peer import Peer, until
from tests.wire.servers import Site, native

QUICK = Limits(stalled_seconds=0.3, close_seconds=0.2, request_seconds=0.5)
"""Limits whose deadlines a test can wait for."""


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Site, int]]:
    """A site with quick deadlines and its port, served once for all tests."""
    site = Site(limits=QUICK)
    with native(site) as port:
        yield site, port


@pytest.fixture
def site(served: tuple[Site, int]) -> Iterator[Site]:
    """The site, with nothing kept of the tests before, and nothing left for those after."""
    site, _ = served
    site.clear()
    yield site
    until(lambda: len(site.ends) == len(site.connections) == site.admitted)


@pytest.fixture
def port(site: Site, served: tuple[Site, int]) -> int:
    """The port of the server."""
    return served[1]


@pytest.fixture
def peer(port: int) -> Iterator[Peer]:
    """A peer, upgraded."""
    with Peer(port) as peer:
        assert peer.upgrade().startswith("HTTP/1.1 101 ")
        yield peer
