"""The lines of a log that could not be used, kept verbatim beside the run's database."""

import json
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, ClassVar

from identity_cli.origins import Origin
from identity_cli.store.ours import REJECTED

_COPIED_AT_ONCE = 1 << 20


class RejectedLines:
    """Writes rejected.ndjson, which exists only when there is something in it."""

    remembers: ClassVar[Mapping[str, Any]] = {"count": int, "size": int, "_last": tuple[str, int] | None}

    def __init__(self, folder: Path) -> None:
        self.count = 0
        self.size = 0
        self._path = folder / REJECTED
        self._file: IO[bytes] | None = None
        self._last: tuple[str, int] | None = None

    def add(self, origin: Origin, reason: str, line: bytes) -> None:
        """Keep a line; of one that holds several events which cannot be used the bytes are kept once."""
        self.count += 1
        if self._file is None:
            self._file = open(self._path, "wb")
        record: dict[str, Any] = {**origin.place, "reason": reason}
        record |= {"raw": None} if origin[:2] == self._last else _raw(line.rstrip(b"\r\n"))
        self._last = origin[:2]
        self.size += self._file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")

    def go_on(self, earlier: Path) -> bool:
        """Begin with what an earlier run has; whether that is all there."""
        if not self.size:
            return True
        self._file = open(self._path, "wb")
        with suppress(OSError), open(earlier / REJECTED, "rb") as file:
            left = self.size
            while left and (some := file.read(min(left, _COPIED_AT_ONCE))):
                left -= self._file.write(some)
            return not left
        return False

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()


def _raw(content: bytes) -> dict[str, str]:
    try:
        return {"raw": content.decode()}
    except UnicodeDecodeError:  # JSON holds only text
        return {"raw_base64": b64encode(content).decode()}
