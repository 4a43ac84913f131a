"""Who the client is when a proxy stands in front. Pure.

`X-Forwarded-For` and `X-Forwarded-Proto` are believed only when the TCP peer is a proxy that the
operator named; anybody can send these headers. Of a chain of proxies the last address that is not
one of ours is the client: what stands before it may be invented.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from antiphon.errors import StartupError
from antiphon.wire.handshake import Upgrade

Address = IPv4Address | IPv6Address


class TrustedProxies:
    """The peers whose word about the client counts.

    Args:
        trusted: addresses and networks (``10.0.0.0/8``); ``*`` trusts every peer, also on a Unix
            socket, but not what an untrusted client told that peer.

    Raises:
        StartupError: one of `trusted` is neither.
    """

    def __init__(self, trusted: Iterable[str]) -> None:
        names = {name.strip() for name in trusted} - {""}
        self._everyone = "*" in names
        try:
            self._networks = tuple(map(ip_network, names - {"*"}))
        except ValueError as error:
            raise StartupError(f"trusted proxies: {error}") from None

    def client(self, peer: str, scheme: str, upgrade: Upgrade) -> tuple[str, str]:
        """Return address and scheme of the client.

        Args:
            peer: address of the TCP peer, "" on a Unix socket.
            scheme: "ws" or "wss", as the socket is.
            upgrade: the request, with the proxy's headers.
        """
        if not (self._everyone or self._trusts(_parse(peer))):
            return peer, scheme
        protocols = upgrade.tokens("x-forwarded-proto")
        if protocols:
            scheme = "wss" if protocols[-1].lower() in ("https", "wss") else "ws"
        return self._first_stranger(upgrade.tokens("x-forwarded-for"), peer), scheme

    def _first_stranger(self, chain: list[str], peer: str) -> str:
        for text in reversed(chain):
            address = _parse(text)
            if address is None:
                break
            peer = str(address)
            if not self._trusts(address):
                break
        return peer

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _parse(text: str) -> Address | None:
    """Read ``1.2.3.4``, ``1.2.3.4:5``, ``::1`` or ``[::1]:5``."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return ip_address(text)
    except ValueError:
        return None
