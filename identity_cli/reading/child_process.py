"""Reads a log in a process of its own, so that it is decoded while this one resolves.

The items come as messages through a pipe, a block's events in one, encoded and decoded in one call;
before each its length.
"""

import multiprocessing
import os
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import IO, Any

import msgspec

from identity_cli.dialects.record import event_type
from identity_cli.errors import ProcessGone
from identity_cli.files.messages import LENGTH_BYTES, message_of, pickled, reader_of
from identity_cli.files.processes import leave_signals_to_parent
from identity_cli.reading.intake import Progress
from identity_cli.reading.log_items import (
    Batch,
    Item,
    ItemReader,
    LogRead,
    Nobodys,
    Rejected,
    Rows,
    Skipped,
    Turn,
)

WORTH_IT_BYTES = 16 << 20
"""Of a log; what is smaller is done before a second process pays."""
PROGRESS_BYTES = 4 << 20
PIPE_BYTES = 1 << 20  # what Linux lets anybody have
BUFFER_BYTES = 1 << 16  # handed over at a time: every time costs both processes a call of the system


class ReadSoFar(msgspec.Struct, tag=True, array_like=True, gc=False):
    """Bytes of the log that were read."""

    bytes: int


class SecondProcess:
    """An Intake elsewhere; iterate once, then ask for what was read."""

    def __init__(
        self,
        intake: Callable[[Progress], ItemReader],
        copied_names: tuple[str, ...],
        on_progress: Progress | None,
    ) -> None:
        """intake: made there, told how much was read. copied_names as it has them."""
        self._intake = intake
        self._on_progress = on_progress
        self._types = _types(copied_names)
        self._log_read: LogRead | None = None
        self._process: Any = None

    def start(self) -> None:
        """Begin to read, where iterating shall not do so; from now on it has to be closed."""
        incoming, outgoing = os.pipe()
        _widen(outgoing)
        self._incoming = open(incoming, "rb", PIPE_BYTES)
        context = multiprocessing.get_context("fork")
        given = self._intake, incoming, outgoing
        self._process = context.Process(target=_send_all, args=given, daemon=True)
        self._process.start()
        os.close(outgoing)

    def __iter__(self) -> Generator[Item, None, None]:
        read = reader_of(self._types)
        if self._process is None:
            self.start()
        try:
            while self._log_read is None:
                item = read(self._received())
                if isinstance(item, ReadSoFar):
                    if self._on_progress:
                        self._on_progress(item.bytes)
                elif isinstance(item, LogRead):
                    self._log_read = item
                elif isinstance(item, BaseException):
                    raise item
                else:
                    yield item
        finally:
            self.close()

    def close(self) -> None:
        """End the other process, should it not be at its end."""
        self._incoming.close()
        self._process.terminate()
        self._process.join()

    def disown(self) -> None:
        """In another child: leave it to the parent, so that this one is told once nobody listens."""
        self._incoming.close()

    def _received(self) -> bytes:
        """The next message."""
        head = self._incoming.read(LENGTH_BYTES)
        length = int.from_bytes(head)
        message = self._incoming.read(length)
        if len(head) < LENGTH_BYTES or len(message) < length:
            raise ProcessGone("reads the log")
        return message

    def log_read(self) -> LogRead:
        """What was read, all of it."""
        assert self._log_read is not None, "not at its end"
        return self._log_read


def _widen(pipe: int) -> None:
    """Let the reader run ahead while this process writes, where the system can."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _types(copied_names: tuple[str, ...]) -> Any:
    record = event_type(copied_names)
    return Batch[record] | Skipped[record] | Nobodys | Rejected | Rows | ReadSoFar  # type: ignore[valid-type]


def _send_all(intake: Callable[[Progress], ItemReader], incoming: int, outgoing: int) -> None:
    """What the second process does; incoming is the first one's end of the pipe."""
    os.close(incoming)  # or the pipe stays whole when the first process is killed
    leave_signals_to_parent()
    told = 0

    def tell(read: int) -> None:
        nonlocal told
        if read - told >= PROGRESS_BYTES:
            told = read
            _send(message_of(ReadSoFar(read)), pipe)

    with suppress(BrokenPipeError), open(outgoing, "wb", BUFFER_BYTES) as pipe:  # or nobody listens any more
        try:
            items = intake(tell)
            for item in items:
                _send(pickled(item) if isinstance(item, Turn) else message_of(item), pipe)
            _send(pickled(items.log_read()), pipe)
        except BrokenPipeError:
            raise
        except Exception as error:
            _send(pickled(error), pipe)


def _send(message: bytes, pipe: IO[bytes]) -> None:
    pipe.write(len(message).to_bytes(LENGTH_BYTES))
    pipe.write(message)
