"""The line protocol between the benchmark and its processes, both ends of it.

A child gets one end of a socket pair. Each line is a JSON object: the parent sends
``{"op": name, ...arguments}``, the child answers each with one object, or with ``{"error": text}``.
The child's first line, unasked, says hello. A child ends when its parent closes the connection.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn, Self

Answer = dict[str, Any]
Operation = Callable[..., Awaitable[Answer]]

LINE_BYTES = 1 << 20
ANSWER_SECONDS = 120.0


class ChildError(Exception):
    """A process of the benchmark failed; the text holds its traceback or its exit code."""


class Child:
    """A process of the benchmark, pinned to one core."""

    def __init__(self, module: str, *arguments: str, core: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(theirs.fileno()), str(core), *arguments],
                pass_fds=[theirs.fileno()],
            )
        ours.settimeout(ANSWER_SECONDS)
        self._socket = ours
        self._lines = ours.makefile("rb")
        self.name = " ".join((module, *arguments))
        self.hello = self._answer()

    def ask(self, op: str, **arguments: object) -> Answer:
        """Have the child do something, and return its answer."""
        self._socket.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
        return self._answer()

    def close(self) -> None:
        """End the process, by force when it does not follow."""
        self._lines.close()
        self._socket.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self) -> Answer:
        line = self._lines.readline()
        if not line:
            raise ChildError(f"{self.name} ended with exit code {self._process.wait(5)}")
        answer: Answer = json.loads(line)
        if "error" in answer:
            raise ChildError(f"{self.name}: {answer['error']}")
        return answer


def pin(core: int) -> None:
    """Keep this process on one core."""
    os.sched_setaffinity(0, {core})


async def follow(fd: int, hello: Answer, operations: Mapping[str, Operation]) -> NoReturn:
    """Do what the parent asks for, until it closes the connection; then end the process.

    It ends on the spot: closing thousands of connections in order is no part of the benchmark.
    """
    end = socket.socket(fileno=fd)
    reader, writer = await asyncio.open_unix_connection(sock=end, limit=LINE_BYTES)
    writer.write(json.dumps(hello).encode() + b"\n")
    while line := await reader.readline():
        command = json.loads(line)
        answer = await _perform(operations[command.pop("op")], command)
        writer.write(json.dumps(answer).encode() + b"\n")
    os._exit(0)


async def _perform(operation: Operation, arguments: dict[str, Any]) -> Answer:
    try:
        return await operation(**arguments)
    except Exception:
        return {"error": traceback.format_exc()}
