"""What apps are tested with: clients in process and over a socket, a server, and time.

::

    async with connect(app, user="alice") as alice:
        await alice.subscribe("chat:lobby")
        await alice.publish("chat:lobby", Said(text="hi"))
        assert await alice.next("chat:lobby") == Said(text="hi")

`antiphon.testing.plugin` gives the same to pytest as fixtures. Nothing here needs pytest.
"""

from antiphon.dialer import ErrorReply
from antiphon.testing.client import AppClient, Past, Received, Subscribed
from antiphon.testing.connecting import Served, advance, connect, serve
from antiphon.wire.client import HandshakeFailed, SocketClosed

__all__ = [
    "AppClient",
    "ErrorReply",
    "HandshakeFailed",
    "Past",
    "Received",
    "Served",
    "SocketClosed",
    "Subscribed",
    "advance",
    "connect",
    "serve",
]
