"""The heart: sessions, subscriptions, fan-out, presence and recovery.

The hub runs in one event loop and owns every live session and topic of the process. What it needs
from below (a place for channel state) and asks from above (who is this, may they, what happens)
is spelled out in `antiphon.hub.ports`.
"""
