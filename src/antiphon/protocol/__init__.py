"""The Centrifuge client protocol: commands from bytes, replies and pushes to bytes.

Pure: no clock, no socket, no randomness. What a peer can get wrong raises `Malformed`.
"""
