"""Antiphon: a real-time server for Python. Typed events over one lasting WebSocket per client."""

__version__ = "0.1.0"
