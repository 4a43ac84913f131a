"""The server that centrifuge-js is tested with, less what maps, polls and the paid server need."""

from tests.interop.profiles.server import build, let_everybody_in, stream

app = build("js")
anything = let_everybody_in(app)

stream(app, "{name}", presence=True, **anything)
stream(app, "delta:{name}", **anything)
stream(app, "recovery:{name}", **anything)
stream(app, "smallhistory:{name}", size=2, **anything)
