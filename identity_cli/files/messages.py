"""Values as messages, in a pipe or in a file: MessagePack, and pickled what that has no word for.

That is a number of more than 64 bits, or a time before year 1. A pickled message begins with a byte that
MessagePack never uses.
"""

import io
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from identity_cli.files.flat_values import flattened, restored

LENGTH_BYTES = 8
_PICKLED = b"\xc1"
_BUFFER_BYTES = 1 << 18
Encoded = msgspec.Raw
"""Part of a message, as it stands there."""
_encode = msgspec.msgpack.Encoder().encode
_decode_any = msgspec.msgpack.Decoder().decode


def message_of(value: Any) -> bytes:
    """A value as a message; may hold values that are Encoded already."""
    try:
        return _encode(value)
    except (OverflowError, RecursionError, UnicodeEncodeError):
        plain = msgspec.to_builtins(value, builtin_types=(bytes, datetime), enc_hook=_decode_any)
        return _PICKLED + pickle.dumps(flattened(plain))


def pickled(value: Any) -> bytes:
    """A message of what only pickle has a word for: errors, and objects of ours."""
    return _PICKLED + pickle.dumps(value)


def reader_of(kind: Any, odd: Any = None) -> Callable[[bytes], Any]:
    """What makes values of that type of messages; what was pickled as it is comes as it was.

    odd: the type of what MessagePack had no word for, where that cannot be of the same, being Encoded.
    """
    decode = msgspec.msgpack.Decoder(kind).decode

    def read(message: bytes) -> Any:
        if message[:1] != _PICKLED:
            return decode(message)
        value = pickle.loads(message[1:])
        return msgspec.convert(restored(value), odd or kind) if isinstance(value, list) else value

    return read


class _FromStart(io.RawIOBase):
    """Reads a file at a place of its own: others, and forked processes, share the file's."""

    def __init__(self, file: int) -> None:
        self._file, self._place = file, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what fits."""
        some = os.pread(self._file, len(buffer), self._place)
        buffer[: len(some)] = some
        self._place += len(some)
        return len(some)


class MessageFile:
    """Messages in a file without a name: nothing is left of it, whatever is killed. Write first, then read.

    A child that is forked may do the one, and this process the other.
    """

    def __init__(self, folder: Path) -> None:
        """folder: on whose disk it takes its place."""
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder, buffering=_BUFFER_BYTES)

    def add(self, value: Any) -> None:
        """Write one more."""
        self.add_message(message_of(value))

    def add_message(self, message: bytes) -> None:
        """Write one that is a message already."""
        self._file.write(len(message).to_bytes(LENGTH_BYTES))
        self._file.write(message)

    def flush(self) -> None:
        """Hold nothing back, so that another process may read them."""
        self._file.flush()

    def messages(self) -> Iterator[bytes]:
        """All of them, as they stand there; may be asked several times at once, also in several processes."""
        self._file.flush()
        with io.BufferedReader(_FromStart(self._file.fileno()), _BUFFER_BYTES) as file:
            while head := file.read(LENGTH_BYTES):
                yield file.read(int.from_bytes(head))

    def values(self, kind: Any, odd: Any = None) -> Iterator[Any]:
        """The same as values of that type, see reader_of."""
        return map(reader_of(kind, odd), self.messages())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
