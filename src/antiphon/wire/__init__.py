"""Sockets to messages and back: RFC 6455 and RFC 7692, on picows frames or under any ASGI server.

The wire knows nothing of commands, channels or apps. It speaks to whatever sits above through two
small interfaces, both in `antiphon.wire.port`: it hands whole messages to a `Receiver`, and what
sits above writes packets to a `Connection`.
"""
