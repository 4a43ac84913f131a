"""What tests need from the machine: a Chromium, a Node. `make test` installs both where it may.

Where one is missing, the tests that ask for it are skipped with a word about what is missing. With
``ANTIPHON_REQUIRE_ALL=1`` in the environment, as in CI, they fail instead.

Hypothesis runs without a deadline everywhere: a busy machine is no bug.
"""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def miss(what: str) -> NoReturn:
    """Skip the test for want of `what`; fail it where everything is required."""
    if os.environ.get("ANTIPHON_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing, and ANTIPHON_REQUIRE_ALL=1", pytrace=False)
    pytest.skip(f"{what} is missing; `make setup` installs it where it may")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium or Chrome."""
    return next(filter(None, map(shutil.which, BROWSERS)), None) or miss("Chromium")


@pytest.fixture(scope="session")
def node() -> str:
    """The path of a Node that is new enough for the pages' packages: ours first."""
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return shutil.which("node", path=path) or miss("Node")


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The pages' Node packages, the official `centrifuge` SDK among them."""
    folder = ROOT / "web" / "node_modules"
    return folder if (folder / "centrifuge").is_dir() else miss("web/node_modules")
