"""The server that centrifuge-js is tested with, less what maps, polls and the paid server need."""

from antiphon import API
from tests.interop.profiles.server import build, let_everybody_in, stream

app = build("js", api=API(key="test-api-key", insecure_allow_short_key=True))
anything = let_everybody_in(app)

stream(app, "{name}", presence=True, delta=True, **anything)
stream(app, "delta:{name}", delta=True, **anything)
stream(app, "recovery:{name}", **anything)
stream(app, "smallhistory:{name}", size=2, **anything)
