"""The server that centrifuge-python is tested with: nobody gets in without a token."""

from tests.interop.profiles.server import build, stream

app = build("python")

stream(app, "{name}", presence=True, join_leave=True, delta=True)
stream(app, "#{user}", presence=True, join_leave=True, personal=True, delta=True)
stream(app, "smallhistory:{name}", size=2)
