"""`antiphon run`, as a process: what it serves, and how it ends."""

import signal
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from antiphon.cli.failure import one_line
from antiphon.cli.reloading import difference, snapshot
from antiphon.dialer import Peer, dial
from antiphon.wire.client import SocketClosed
from tests.cli.terminal import APP, read_until, running, type_in, url_of

MOUNTED = (
    APP
    + """
import contextlib
from fastapi import FastAPI

@app.background
async def say_hello():
    await chat.publish(Said(text=state.get("greeting", "none")), room="lobby")

state = {}

@contextlib.asynccontextmanager
async def lifespan(api):
    state["greeting"] = "hello"
    yield
    print("gone with", len(app.hub), "clients", flush=True)

api = FastAPI(lifespan=lifespan)
api.mount("/realtime", app)

@api.get("/greeting")
async def greeting() -> str:
    return state["greeting"]

async def bare(scope, receive, send):
    assert scope["type"] != "lifespan", "it knows no lifespan"
    await app(scope, receive, send)

class Middleware:
    def __init__(self, app): self.app = app
    async def __call__(self, scope, receive, send): await bare(scope, receive, send)

wrapped = Middleware(app)
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "newsroom.py").write_text(MOUNTED)
    return tmp_path


def websocket(url: str, mount: str = "") -> str:
    return url.replace("http", "ws", 1) + f"{mount}/connection/websocket"


async def said_in_lobby(peer: Peer, text: str) -> bytes:
    await peer.subscribe("chat:lobby", recover=True)
    await peer.publish("chat:lobby", {"type": "said", "text": text})
    while True:
        push = await peer.next("chat:lobby", "pub")
        assert push.pub is not None
        if push.pub.info is not None:
            return bytes(push.pub.data)


async def test_an_app_is_served_until_a_signal_comes(folder: Path) -> None:
    with running(folder, "run", "newsroom:app", "--port", "0") as server:
        url = url_of(server)
        line = read_until(server, "Newsroom").string
        assert f"Newsroom 1.2.3: {websocket(url)}, auth: anonymous" in line
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{url}/health")).json()["status"] == "ok"
        async with dial(websocket(url)) as peer:
            assert b'"hi"' in await said_in_lobby(peer, "hi")
            server.send_signal(signal.SIGTERM)
            assert await peer.ended() == (3001, "shutdown")
    assert server.returncode == -signal.SIGTERM


async def test_ctrl_c_ends_it_cleanly(folder: Path) -> None:
    with running(folder, "run", "newsroom", "--port", "0") as server:
        url_of(server)
        server.send_signal(signal.SIGINT)
        output, _ = server.communicate(timeout=30)
    assert server.returncode == 0
    assert "Traceback" not in output


async def test_apps_are_found_where_they_are_mounted(folder: Path) -> None:
    with running(folder, "run", "newsroom:api", "--port", "0") as server:
        url = url_of(server)
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{url}/greeting")).json() == "hello"
            assert (await client.get(f"{url}/realtime/health")).json()["status"] == "ok"
        async with dial(websocket(url, "/realtime")) as peer:
            await said_in_lobby(peer, "hi")
            page = await peer.history("chat:lobby", limit=-1)
            assert b'"hello"' in bytes(page.publications[0].data)
        server.terminate()
        read_until(server, "gone with 0 clients")


async def test_apps_live_where_nothing_starts_them(folder: Path) -> None:
    with running(folder, "run", "newsroom:wrapped", "--port", "0") as server:
        url = url_of(server)
        async with dial(websocket(url)) as peer:
            assert b'"hi"' in await said_in_lobby(peer, "hi")


async def test_an_app_out_of_sight_is_served_through_asgi(folder: Path) -> None:
    with running(folder, "run", "newsroom:bare", "--port", "0") as server:
        url = url_of(server)
        read_until(server, "no antiphon.App is mounted here in sight")
        async with dial(websocket(url)) as peer:
            assert b'"hi"' in await said_in_lobby(peer, "hi")


def certificate(folder: Path) -> None:
    """Write a self-signed certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(cert.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )


async def test_tls(folder: Path) -> None:
    certificate(folder)
    files = ("--ssl-certfile", "cert.pem", "--ssl-keyfile", "key.pem")
    with running(folder, "run", "newsroom", "--port", "0", *files) as server:
        url = url_of(server)
        assert url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(folder / "cert.pem"))
        trusting.check_hostname = False
        async with httpx.AsyncClient(verify=trusting) as client:
            assert (await client.get(f"{url}/health")).status_code == 200


async def test_a_unix_socket(folder: Path) -> None:
    path = folder / "s"
    with running(folder, "run", "newsroom", "--uds", "s") as server:
        assert url_of(server) == "http+unix://s"
        transport = httpx.AsyncHTTPTransport(uds=str(path))
        async with httpx.AsyncClient(transport=transport) as client:
            assert (await client.get("http://app/health")).status_code == 200


async def test_a_changed_file_is_served_anew(folder: Path) -> None:
    with running(folder, "run", "newsroom", "--reload", "--port", "0") as server:
        async with dial(websocket(url_of(server))) as peer:
            (folder / "newsroom.py").write_text("app = nonsense")
            assert await peer.ended() == (3001, "shutdown")
        read_until(server, "newsroom.py changed, starting again")
        read_until(server, "name 'nonsense' is not defined")
        (folder / "newsroom.py").write_text(APP.replace("Newsroom", "Evening news"))
        url = url_of(server)
        read_until(server, "Evening news")
    with pytest.raises(OSError):
        await dial(websocket(url)).__aenter__()
    assert server.returncode == 0


def test_changes_are_found(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / "package").mkdir()
    for name in ("a.py", "package/b.py", "notes.txt", ".venv/c.py"):
        (tmp_path / name).write_text("1")
    before = snapshot(tmp_path)
    assert sorted(path.name for path in before) == ["a.py", "b.py"]
    assert difference(before, snapshot(tmp_path)) is None
    (tmp_path / "package" / "b.py").write_text("22")
    assert difference(before, snapshot(tmp_path)) == tmp_path / "package" / "b.py"
    (tmp_path / "package" / "b.py").unlink()
    assert difference(before, snapshot(tmp_path)) == tmp_path / "package" / "b.py"


async def test_proxies_are_believed_only_when_named(tmp_path: Path) -> None:
    source = APP + "@app.rpc('where')\nasync def where(client) -> str: return places[client.id]\n"
    source += (
        "from antiphon import Identity\nplaces = {}\naddresses = []\n"
        "@app.on_connect\n"
        "def note(attempt): return Identity('', data={'address': attempt.address})\n"
    )
    (tmp_path / "newsroom.py").write_text(source)
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    for options, expected in (
        ((), b'{"address":"127.0.0.1"}'),
        (("--forwarded-allow-ips", "127.0.0.1"), b'{"address":"203.0.113.9"}'),
    ):
        with running(tmp_path, "run", "newsroom", "--port", "0", *options) as server:
            async with dial(websocket(url_of(server)), headers=forwarded) as peer:
                assert bytes(peer.connected.data) == expected


def test_version_and_help(tmp_path: Path) -> None:
    assert type_in(tmp_path, "--version").stdout.startswith("antiphon 0.")
    for arguments in ((), ("--help",)):
        done = type_in(tmp_path, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert all(name in done.stdout for name in ("run", "demo", "token", "listen", "send"))


async def test_the_demo_is_served(tmp_path: Path) -> None:
    with running(tmp_path, "demo", "--port", "0") as server:
        url = url_of(server)
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{url}/demo/token", json={"name": "Alice"})
            assert "<html" in (await client.get(url)).text
        async with dial(websocket(url), token=answer.json()["token"]) as peer:
            assert peer.id
        with pytest.raises(SocketClosed):
            async with dial(websocket(url)):
                pass


def test_a_terminal_gets_no_control_characters() -> None:
    assert one_line("a\nb\x1b[31m\x9b\u202e") == "a b\\x1b[31m\\x9b\\u202e"
