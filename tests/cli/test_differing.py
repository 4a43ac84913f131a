"""`antiphon diff`, as it is typed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.terminal import APP, environment, type_in

CHANGED = APP.replace("text: str", "text: str\n    mood: str").replace("1.2.3", "2.0.0")
DEPRECATED = "from antiphon import deprecated\n" + APP.replace(
    "class Said", '@deprecated("use Spoken")\nclass Said'
)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose app has changed since its one commit."""
    (tmp_path / "newsroom.py").write_text(APP)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Begin")
    (tmp_path / "newsroom.py").write_text(CHANGED)
    return tmp_path


def test_an_app_and_what_it_was(repository: Path) -> None:
    (repository / ".git" / "hooks" / "post-checkout").write_text("#!/bin/sh\necho ran > $PWD/ran\n")
    (repository / ".git" / "hooks" / "post-checkout").chmod(0o755)
    done = type_in(repository, "diff", "main:newsroom:app", "newsroom:app")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "chat:{room}",
        "  breaking  accepts said.mood is new  "
        "(field-added-required; old clients: breaking, old servers: safe)",
        "  risky     publishes said.mood is new  "
        "(field-added-required; old clients: safe, old servers: risky)",
        "1 breaking, 1 risky, 0 safe",
    ]
    assert sorted(path.name for path in repository.iterdir()) == [".git", "newsroom.py"]
    assert (repository / "newsroom.py").read_text() == CHANGED
    worktrees = subprocess.check_output(["git", "worktree", "list"], cwd=repository, text=True)
    assert worktrees.count("\n") == 1


def test_in_a_folder_of_the_repository_and_within_a_hook(repository: Path) -> None:
    folder = repository / "server"
    folder.mkdir()
    (folder / "newsroom.py").write_text(APP)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Move")
    index = (repository / ".git" / "index").read_bytes()
    env = {"GIT_INDEX_FILE": str(repository / ".git" / "index")}
    done = type_in(folder, "diff", "main:newsroom:app", "newsroom:app", env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing changed\n", "")
    assert (repository / ".git" / "index").read_bytes() == index


def test_what_was_next_to_the_folder_is_found_where_the_path_leads(repository: Path) -> None:
    """A package below `src`, which is on the path of the environment."""
    source = repository / "src"
    source.mkdir()
    (source / "newsroom2.py").write_text(APP)
    git(repository, "add", "src")
    git(repository, "commit", "-qm", "Move")
    (source / "newsroom2.py").write_text(CHANGED)
    env = {"PYTHONPATH": str(source)}
    done = type_in(repository, "diff", "main:newsroom2:app", "newsroom2:app", env=env)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "1 breaking, 1 risky, 0 safe")


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_documents(tmp_path: Path, form: str) -> None:
    (tmp_path / "old.py").write_text(APP)
    (tmp_path / "new.py").write_text(DEPRECATED)
    for name in ("old", "new"):
        written = ("asyncapi", f"{name}:app", "--format", form, "--output", f"{name}.{form}")
        assert type_in(tmp_path, *written).returncode == 0
    done = type_in(tmp_path, "diff", f"old.{form}", f"new.{form}", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert {key: told[key] for key in ("breaking", "risky", "safe")} == {
        "breaking": 0,
        "risky": 0,
        "safe": 2,
    }
    assert told["changes"][1] == {
        "verdict": "safe",
        "where": "chat:{room}",
        "subject": "accepts said",
        "rule": "deprecated",
        "text": "use Spoken",
        "old_clients": "safe",
        "old_servers": "safe",
    }


def test_a_terminal_is_not_controlled(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text(APP)
    (tmp_path / "new.py").write_text(DEPRECATED.replace("use Spoken", "use \\x9b31m", 1))
    done = type_in(tmp_path, "diff", "old:app", "new:app")
    assert "use \\x9b31m" in done.stdout
    assert all(line.isprintable() for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere.json", "nowhere.json: No such file or directory"),
        ("nowhere:app", "there is no module 'nowhere', neither in this folder nor installed"),
        ("newsroom:nothing", "module newsroom has no 'nothing'"),
        ("broken:app", "broken cannot be imported: no (ValueError)"),
        ("gone:newsroom:app", "git knows no revision 'gone'"),
        ("--all:newsroom:app", "git knows no revision '--all'"),
        ("main:broken:app", "main:broken:app: there is no module 'broken', neither in this"),
        ("bad.json", "bad.json: Expected `object`, got `int` - at `$.info`"),
        ("bad.yaml", "bad.yaml: '&x 1' is not of the YAML that antiphon writes; JSON is read"),
        ("bytes.json", "bytes.json is no text in UTF-8"),
    ],
)
def test_what_cannot_be_read_is_one_line(repository: Path, source: str, said: str) -> None:
    (repository / "broken.py").write_text("raise ValueError('no')")
    (repository / "bad.json").write_text('{"asyncapi": "3.0.0", "info": 5}')
    (repository / "bad.yaml").write_text("asyncapi: &x 1\n")
    (repository / "bytes.json").write_bytes(b"\xff")
    done = type_in(repository, "diff", "--", source, "newsroom:app")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"antiphon: {said}")


def test_no_repository(tmp_path: Path) -> None:
    (tmp_path / "newsroom.py").write_text(APP)
    env = {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    done = type_in(tmp_path, "diff", "main:newsroom:app", "newsroom:app", env=env)
    assert done.returncode == 2
    assert "not a git repository" in done.stderr


def test_the_workflow_of_the_docs(repository: Path) -> None:
    """Its last step, as GitHub would run it in a checkout of a pull request."""
    docs = Path(__file__).parents[2] / "docs" / "events.md"
    (workflow,) = re.findall(r"```yaml\n(# \.github.*?)```", docs.read_text(), re.DOTALL)
    step = yaml.safe_load(workflow)["jobs"]["diff"]["steps"][-1]
    (repository / "newsroom.py").rename(repository / "module.py")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Change it")
    git(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    told = step["env"]
    env = {**told, "BASE": told["BASE"].replace("${{ github.base_ref }}", "main")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["sh", "-e", "-c", step["run"]]
    for text, code in ((CHANGED, 0), (CHANGED.replace("mood: str", "mood: int"), 1)):
        (repository / "module.py").write_text(text)
        done = subprocess.run(command, cwd=repository, env=environment(**env, PATH=path))
        assert done.returncode == code
