"""`antiphon token`, from the shell to an app that believes it."""

from pathlib import Path

import pytest

from antiphon import JWT, Attempt
from antiphon.cli.failure import WrongUsage
from antiphon.cli.tokens import seconds_of
from tests.cli.terminal import type_in

SECRET = "a secret of the tests, at least thirty-two bytes"


async def test_a_token_says_what_was_typed(tmp_path: Path) -> None:
    options = ("--ttl", "15m", "--info", '{"name": "Alice"}', "--meta", '{"rooms": ["lobby"]}')
    done = type_in(
        tmp_path, "token", "--user", "alice", *options, env={"ANTIPHON_JWT_SECRET": SECRET}
    )
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    identity = await JWT(secret=SECRET).connect(Attempt(token=done.stdout.strip()))
    assert identity is not None
    assert (identity.user, identity.info) == ("alice", {"name": "Alice"})
    assert identity.meta == {"rooms": ["lobby"]}
    assert identity.claims["exp"] - identity.claims["iat"] == pytest.approx(900, abs=1)


async def test_a_subscription_token_is_for_its_channel(tmp_path: Path) -> None:
    command = ("token", "--user", "alice", "--channel", "chat:lobby")
    done = type_in(tmp_path, *command, env={"ANTIPHON_JWT_SECRET": SECRET})
    grant = await JWT(secret=SECRET).subscribe(
        done.stdout.strip(), channel="chat:lobby", user="alice", client="any"
    )
    assert grant.expires_at is not None


def test_without_a_secret_there_is_one_line(tmp_path: Path) -> None:
    done = type_in(tmp_path, "token", "--user", "alice")
    assert done.stderr.startswith("antiphon: no key for JSON Web Tokens: set ANTIPHON_JWT_SECRET")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("15m", 900), ("1h", 3600), ("7d", 604_800)]
)
def test_times_to_live(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "0s", "-1h", "1w", "1.5h", "1h30m", "10", "\u0661h"])
def test_what_is_no_time_to_live(text: str) -> None:
    with pytest.raises(WrongUsage):
        seconds_of(text)
