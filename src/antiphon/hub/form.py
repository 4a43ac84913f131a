"""In which form one subscription gets what is published: its codec, and what was agreed on.

Subscriptions of equal forms are one audience of their topic.
"""

from typing import Final

from msgspec import Struct, structs

from antiphon.hub.audience import Audience, Choosy, Everyone, Patched
from antiphon.hub.codec import Codec
from antiphon.hub.patches import Patches
from antiphon.hub.stats import Stats
from antiphon.protocol.messages import SubscribeResult
from antiphon.protocol.tags import TagsFilter
from antiphon.publication import Publication

PATCHED_BYTES: Final = 262_144
PATCHED: Final = 64
"""Publications of one reply that are compared with the one before, in number and in bytes; the rest
goes out whole. It bounds the time that one client which comes back can take from all others."""


class Form(Struct, frozen=True):
    """Every publication as it is, those that pass `chosen`, or with `delta` patches."""

    codec: Codec
    chosen: TagsFilter | None = None
    delta: bool = False

    def audience(self, patches: Patches, stats: Stats) -> Audience:
        """Make a place for subscriptions of this form."""
        if self.delta:
            return Patched(self.codec, patches, stats)
        if self.chosen is not None:
            return Choosy(self.codec, self.chosen, stats)
        return Everyone(self.codec, stats)

    def line(self, channel: str, publication: Publication) -> bytes | None:
        """Encode one publication for one subscription; None when the filter keeps it."""
        if self.chosen is not None and not self.chosen.matches(publication.tags):
            return None
        told = self.codec.whole(publication) if self.delta else publication
        return self.codec.publication(channel, told)

    def told(self, result: SubscribeResult, patches: Patches) -> SubscribeResult:
        """Return the reply to a subscribe, with the recovered publications in this form."""
        if self.chosen is not None:
            passed = [p for p in result.publications if self.chosen.matches(p.tags)]
            # Of those that pass the client learns how far it is; where none does, it is told.
            unseen = result.publications and not passed
            offset = result.publications[-1].offset if unseen else result.offset
            return structs.replace(result, publications=passed, offset=offset)
        if self.delta:
            chain = self._chain(result.publications, patches)
            return structs.replace(result, publications=chain, delta=True)
        return result

    def _chain(self, publications: list[Publication], patches: Patches) -> list[Publication]:
        """Return the first publication whole, and the others as patches to the one before."""
        chain: list[Publication] = []
        before, size = None, 0
        for publication in publications:
            size += len(publication.data)
            patch = None
            if before is not None and size <= PATCHED_BYTES and len(chain) <= PATCHED:
                patch = patches.between(before, publication)
            whole = self.codec.whole(publication)
            chain.append(whole if patch is None else self.codec.patched(publication, patch))
            before = publication
        return chain
