"""The demo: rooms with chat and a live feed, on one page. ``antiphon demo`` serves `build()`."""

from antiphon.cli.demo.site import Site, build

__all__ = ["Site", "build"]
