"""Antiphon: an app with one declared event, one open channel and one RPC method.

Options: ``compression`` (zlib level) and ``secret`` (clients then need a token, HS256, instead of
`Anonymous`). The limit on commands per second is lifted, because the benchmark's clients ask as
fast as they are answered; every other limit keeps its default.
"""
