"""The documents of every app here, as others read them: the official parser, ajv, and the app itself.

Node runs once, over all of them.
"""

import json
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw, convert

from antiphon import JWT, App
from antiphon.cli.demo.app import build_app
from antiphon.contract import contract_of
from antiphon.contract.asyncapi import document
from antiphon.contract.lint import problems
from antiphon.contract.serving import as_json
from antiphon.contract.yaml import encode
from antiphon.event import PayloadDecoder, PayloadType, decoder_of
from antiphon.hosting import find_apps
from tests.conftest import miss
from tests.contract.zoo import imported, source_of_big_app, zoo

HERE = Path(__file__).parent
EXAMPLES = HERE.parent.parent / "examples"
NAMES = ["demo", "zoo", "big", *sorted(path.stem for path in EXAMPLES.glob("*.py"))]
GOLDEN = HERE / "golden" / "newsroom.yaml"
SECONDS = 50

WRONG: dict[str, Any] = {
    "asyncapi": "3.0.0",
    "info": {"title": "Wrong"},
    "components": {
        "messages": {"said": {"payload": {"type": "string"}, "examples": [{"payload": 5}]}}
    },
}


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, App]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTIPHON_JWT_SECRET", "s" * 32)
        patch.syspath_prepend(EXAMPLES)
        found = {"demo": build_app(JWT(secret="s" * 32)), "zoo": zoo()}
        for name in NAMES[3:]:
            module = import_module(name)
            found[name] = next(iter(find_apps(getattr(module, "api", None) or module.app).values()))
        for module in imported("big", source_of_big_app(500), tmp_path_factory.mktemp("big")):
            yield {**found, "big": module.app}


@pytest.fixture(scope="module")
def documents(apps: dict[str, App]) -> dict[str, dict[str, Any]]:
    return {name: document(contract_of(app)) for name, app in apps.items()}


@pytest.fixture(scope="module")
def checked(
    documents: dict[str, dict[str, Any]], node: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """What Node says of each, by file name."""
    if not (HERE / "js" / "node_modules" / "@asyncapi").is_dir():
        miss("tests/contract/js/node_modules")
    folder = tmp_path_factory.mktemp("documents")
    (folder / "wrong.json").write_bytes(as_json(WRONG))
    for name, written in documents.items():
        (folder / f"{name}.json").write_bytes(as_json(written))
    (folder / "zoo.yaml").write_text(encode(documents["zoo"]))
    command = [node, "check.js", *map(str, sorted(folder.iterdir()))]
    done = subprocess.run(command, cwd=HERE / "js", capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    results = map(json.loads, done.stdout.splitlines())
    return {Path(result["file"]).name: result for result in results}


def test_the_checks_can_fail(checked: dict[str, dict[str, Any]]) -> None:
    wrong = checked["wrong.json"]
    assert any("version" in error for error in wrong["errors"])
    assert wrong["wrong"] == ["said: data must be string"]


@pytest.mark.parametrize("name", [*(f"{name}.json" for name in NAMES), "zoo.yaml"])
def test_the_official_parser_takes_it(name: str, checked: dict[str, dict[str, Any]]) -> None:
    assert checked[name]["errors"] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_example_keeps_to_its_schema(
    name: str, checked: dict[str, dict[str, Any]], documents: dict[str, dict[str, Any]]
) -> None:
    result = checked[f"{name}.json"]
    assert result["wrong"] == []
    messages = documents[name]["components"]["messages"].values()
    assert result["valid"] == sum(len(message.get("examples", ())) for message in messages) > 0


@pytest.mark.parametrize("name", NAMES)
def test_our_own_lint_finds_nothing(name: str, documents: dict[str, dict[str, Any]]) -> None:
    assert problems(documents[name]) == []


def decode(types: tuple[PayloadType, ...], example: Any) -> Any:
    return decoder_of(types)(Raw(json.dumps(example).encode()))


@pytest.mark.parametrize("name", NAMES)
def test_the_app_decodes_each_example(name: str, apps: dict[str, App]) -> None:
    app, contract = apps[name], contract_of(apps[name])
    decoded = 0
    for declared, channel in zip(app.behaviour.router.channels, contract.channels, strict=True):
        directions = [
            (declared.publishes, channel.publishes),
            (declared.accepts, channel.accepts),
        ]
        for types, messages in directions:
            for event in messages.events:
                (example,) = contract.events[event].examples
                assert type(decode(types, example)) in types
                decoded += 1
    assert decoded >= len([channel for channel in contract.channels if channel.publishes.events])


@pytest.mark.parametrize("name", NAMES)
def test_methods_decode_their_examples(name: str, apps: dict[str, App]) -> None:
    methods = apps[name].behaviour.calls.methods
    for method in contract_of(apps[name]).methods:
        declared = methods[method.name]
        if method.request and not method.request.opaque:
            (example,) = method.request.examples
            PayloadDecoder(declared.request).decode(Raw(json.dumps(example).encode()))
        if method.response and not method.response.opaque:
            (example,) = method.response.examples
            convert(example, declared.response)


def test_the_document_of_the_readmes_app(documents: dict[str, dict[str, Any]]) -> None:
    """Wrong? Look at the difference, and if it is meant, write the file anew as shown here."""
    assert encode(documents["newsroom"]) == GOLDEN.read_text()
