from antiphon.wire.packet import BINARY, HEADROOM, TEXT, Packet


def test_the_frame_leaves_room_for_a_header() -> None:
    packet = Packet(b"hello")
    assert packet.opcode == TEXT
    assert packet.frame == bytes(HEADROOM) + b"hello"
    assert Packet(b"", BINARY).opcode == BINARY


def test_a_packet_is_compressed_once_per_compressor() -> None:
    calls: list[str] = []

    def first(payload: bytes) -> bytes:
        calls.append("first")
        return payload[:2]

    def never(payload: bytes) -> None:
        calls.append("never")

    packet = Packet(b"hello")
    assert packet.deflated(first) == bytearray(HEADROOM) + b"he"
    assert packet.deflated(first) is packet.deflated(first)
    assert packet.deflated(never) is None
    assert packet.deflated(never) is None
    assert calls == ["first", "never"]
