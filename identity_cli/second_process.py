"""Reads a log in a process of its own, so that it is decoded while this one resolves.

The items come as MessagePack through a pipe, a block's events in one message, encoded and
decoded in one call. What MessagePack has no word for (a number of more than 64 bits, a time
before year 1) comes pickled; an empty message announces it.
"""

import multiprocessing
import sys
from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from identity_cli.dialects.record import event_type
from identity_cli.errors import ProcessGone
from identity_cli.intake import Batch, Intake, Item, LogRead, Progress, RefusedAtDoor, Rejected, Skipped
from identity_cli.processes import leave_signals_to_parent

WORTH_IT_BYTES = 16 << 20
"""Of a log; what is smaller is done before a second process pays."""
PROGRESS_BYTES = 4 << 20
PIPE_BYTES = 1 << 20  # what Linux lets anybody have
ENOUGH_RECURSION = 10_000  # for pickling what msgspec could nest
_PICKLED_NEXT = b""


class ReadSoFar(msgspec.Struct, tag=True, array_like=True, gc=False):
    """Bytes of the log that were read."""

    bytes: int


class SecondProcess:
    """An Intake elsewhere; iterate once, then ask for what was read."""

    def __init__(
        self,
        intake: Callable[[Progress], Intake],
        copied_names: tuple[str, ...],
        on_progress: Progress | None,
    ) -> None:
        """Start reading; copied_names as the intake has them."""
        self._on_progress = on_progress
        self._types = _types(copied_names)
        self._log_read: LogRead | None = None
        context = multiprocessing.get_context("fork")
        self._incoming, outgoing = context.Pipe(duplex=False)
        _widen(outgoing)
        self._process = context.Process(
            target=_send_all, args=(intake, self._incoming, outgoing), daemon=True
        )
        self._process.start()
        outgoing.close()

    def __iter__(self) -> Generator[Item, None, None]:
        decode = msgspec.msgpack.Decoder(self._types).decode
        try:
            while self._log_read is None:
                message = self._incoming.recv_bytes()
                item = decode(message) if message else self._unpickled()
                if isinstance(item, ReadSoFar):
                    if self._on_progress:
                        self._on_progress(item.bytes)
                elif item is not None:
                    yield item
        except EOFError:
            raise ProcessGone("reads the log") from None
        finally:
            self._incoming.close()
            self._process.terminate()
            self._process.join()

    def log_read(self) -> LogRead:
        """What was read, all of it."""
        assert self._log_read is not None, "not at its end"
        return self._log_read

    def _unpickled(self) -> Any:
        received = self._incoming.recv()
        if isinstance(received, BaseException):
            raise received
        if isinstance(received, LogRead):
            self._log_read = received
            return None
        return msgspec.convert(received, self._types)


def _widen(pipe: Connection) -> None:
    """Let the reader run ahead while this process writes, where the system can."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _types(copied_names: tuple[str, ...]) -> Any:
    record = event_type(copied_names)
    return Batch[record] | Skipped[record] | Rejected | RefusedAtDoor | ReadSoFar  # type: ignore[valid-type]


def _send_all(intake: Callable[[Progress], Intake], incoming: Connection, outgoing: Connection) -> None:
    """What the second process does; incoming is the first one's end."""
    incoming.close()  # or the pipe stays whole when the first process is killed
    leave_signals_to_parent()
    encode = msgspec.msgpack.Encoder().encode
    told = 0

    def tell(read: int) -> None:
        nonlocal told
        if read - told >= PROGRESS_BYTES:
            told = read
            outgoing.send_bytes(encode(ReadSoFar(read)))

    with suppress(BrokenPipeError):  # nobody listens any more
        try:
            items = intake(tell)
            for item in items:
                try:
                    message = encode(item)
                except (OverflowError, RecursionError, UnicodeEncodeError):
                    _send_pickled(msgspec.to_builtins(item, builtin_types=(bytes, datetime)), outgoing)
                else:
                    outgoing.send_bytes(message)
            _send_pickled(items.log_read(), outgoing)
        except BrokenPipeError:
            raise
        except Exception as error:
            _send_pickled(error, outgoing)


def _send_pickled(value: Any, outgoing: Connection) -> None:
    sys.setrecursionlimit(max(ENOUGH_RECURSION, sys.getrecursionlimit()))
    outgoing.send_bytes(_PICKLED_NEXT)
    outgoing.send(value)
