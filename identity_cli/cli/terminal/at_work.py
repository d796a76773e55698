"""What a terminal shows of a command that works for more than a second and cannot tell how much is left.

Told by a timer and not by a thread: what is read and written in a second process is forked, which no thread
should be amid.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from identity_cli.cli.terminal.fitting import is_terminal

WAIT_SECONDS = 1.0
REFRESH_SECONDS = 0.5
_CLEARED = b"\r\x1b[2K"


@contextmanager
def at_work(doing: str) -> Iterator[None]:
    """Say on standard error what goes on and for how long; not where nobody watches."""
    ticker = Ticker(doing)
    ticker.start()
    try:
        yield
    finally:
        ticker.stop()


@contextmanager
def writing_out() -> Iterator[None]:
    """The same of what goes to standard output, unless that can be watched itself."""
    if is_terminal(sys.stdout):
        yield
        return
    with at_work("Writing"):
        yield


class Ticker:
    """One line on a terminal, which says what goes on and for how long."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._since = time.monotonic()
        self._was: Any = None
        self._is_shown = False

    def start(self) -> None:
        """Begin to tell, once it has taken a second."""
        if self._was is not None or not is_terminal(sys.stderr):
            return
        import signal  # where nobody watches, a fiftieth of a start

        if hasattr(signal, "setitimer"):
            with suppress(ValueError):  # only the main thread may
                self._was = signal.signal(signal.SIGALRM, self._tell)
                wait = WAIT_SECONDS - (time.monotonic() - self._since)
                signal.setitimer(signal.ITIMER_REAL, max(wait, 0.001), REFRESH_SECONDS)

    def stop(self) -> None:
        """Tell no more, and take the line away."""
        if self._was is not None:
            import signal

            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._was)
            self._was = None
        if self._is_shown:
            self._is_shown = False
            _write(_CLEARED)

    def _tell(self, *_: object) -> None:
        self._is_shown = True
        _write(_CLEARED + f"{self._doing}, {time.monotonic() - self._since:.0f} s".encode())


def _write(text: bytes) -> None:
    """Past the buffer of standard error, which may be written to at this moment."""
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), text)
