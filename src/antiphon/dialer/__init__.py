"""The other end: a client of the Centrifuge JSON protocol, for tests and the terminal commands.

`dial` opens a socket; a `Peer` speaks over any `Pipe`, so that the same client runs in process.
It does not reconnect, count offsets or renew tokens: apps use an official SDK, which does.

An error reply raises `ErrorReply`; the end of the connection raises `SocketClosed` in whatever
waits, and in everything called afterwards.
"""

from antiphon.dialer.inbox import Kind
from antiphon.dialer.peer import ErrorReply, Peer, Pipe, dial

__all__ = ["ErrorReply", "Kind", "Peer", "Pipe", "dial"]
