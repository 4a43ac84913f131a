"""The server that centrifuge-go is tested with: no presence, and nothing in other namespaces."""

from tests.interop.profiles.server import build, let_everybody_in, stream

app = build("go")
anything = let_everybody_in(app)

stream(app, "{name}", delta=True, **anything)
stream(app, "smallhistory:{name}", size=2, **anything)
