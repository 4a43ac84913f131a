"""Where the state of channels lives: streams, presence, and the way from publisher to hubs.

An engine serves one hub through the interface that `antiphon.hub.ports.Engine` spells out. It
gives each publication its place in the stream and calls `deliver` in the order of the offsets.
"""

from antiphon.engine.memory import MemoryEngine

__all__ = ["MemoryEngine"]
