"""What the three servers have in common. Whatever all suites need is switched on here."""

from typing import Any

from antiphon import JWT, App, Attempt, Channel, History, Identity, Limits

LIMITS = Limits(commands_per_second=10_000, command_burst=10_000)
"""The suites publish and subscribe in loops, to a server without such limits."""


def build(suite: str, **options: Any) -> App:
    """Build the app of a suite, which signs its tokens with a word and lets them live for ever."""
    return App(f"Profile {suite}", version="1.0.0", auth=tokens(), limits=LIMITS, **options)


def tokens() -> JWT:
    """Return what takes the suites' tokens; some of them name no user."""
    return JWT(
        secret="secret",
        allow_empty_user=True,
        insecure_allow_short_secret=True,
        insecure_allow_tokens_without_expiry=True,
    )


def stream(app: App, address: str, *, size: int = 100, **options: Any) -> Channel:
    """Declare channels that keep what was published, for five minutes."""
    return app.channel(
        address, publishes=bytes, accepts=bytes, history=History(size, 300), **options
    )


def let_everybody_in(app: App) -> dict[str, Any]:
    """Do without tokens, as a server in insecure mode does; return options for its channels."""

    @app.on_connect
    def anyone(attempt: Attempt) -> Identity:
        return attempt.identity or Identity("")

    return {"open": True, "publish_unsubscribed": True, "read_unsubscribed": True}
