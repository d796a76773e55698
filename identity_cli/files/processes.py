"""How this process ends, and work done in one beside it.

A child that is forked sees everything as it stood when it began, and shares its memory until
either changes it.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Thread
from typing import TYPE_CHECKING

from identity_cli.errors import ProcessGone

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_POLITE_KILLS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_ENDING = (signal.SIGINT, *_POLITE_KILLS)


def clean_up_when_killed() -> None:
    """A polite kill, or the end of the terminal, cleans up as Ctrl-C does; nohup stays nohup."""
    for number in _POLITE_KILLS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))


@contextmanager
def undisturbed() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Let signals that would end this process wait during the block, but for what gives way to them in it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield nullcontext
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)

    @contextmanager
    def disturbed() -> Iterator[None]:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)

    try:
        yield disturbed
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def is_possible() -> bool:
    """Whether this process may have a child that continues from here."""
    import multiprocessing  # here and below: it takes its time, and small logs have no use for it

    return "fork" in multiprocessing.get_all_start_methods() and not multiprocessing.current_process().daemon


def leave_signals_to_parent() -> None:
    """In a child: Ctrl-C and the end of the terminal reach both, and the parent ends the child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


@contextmanager
def done_beside(work: Callable[[], None], what: str) -> Iterator[None]:
    """Do work in a child during the block; what it raises is raised at the end. what: it does, for errors."""
    import multiprocessing

    context = multiprocessing.get_context("fork")
    incoming, outgoing = context.Pipe(duplex=False)
    ends_with_us, while_we_live = os.pipe()
    child = context.Process(
        target=_tell_end, args=(work, outgoing, (ends_with_us, while_we_live)), daemon=True
    )
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # none comes before the child can be ended
    try:
        child.start()
        outgoing.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        noticed = None
        try:
            yield
        except ProcessGone as gone:  # it may have told why
            noticed = gone
        try:
            failure = incoming.recv() or noticed
        except EOFError:
            raise ProcessGone(what) from None
        if failure is not None:
            raise failure
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        incoming.close()
        os.close(ends_with_us)
        os.close(while_we_live)
        if child.pid is not None:  # else there was no room for a child
            child.terminate()
            child.join()


def _tell_end(work: Callable[[], None], outgoing: "Connection", life: tuple[int, int]) -> None:
    """What the child does. life: a pipe whose second end the parent holds open while it lives."""
    leave_signals_to_parent()
    ends_with_parent, while_parent_lives = life
    os.close(while_parent_lives)  # or it would hold that open itself
    Thread(target=_end_with_parent, args=(ends_with_parent,), daemon=True).start()
    try:
        work()
    except Exception as failure:
        outgoing.send(failure)
    else:
        outgoing.send(None)


def _end_with_parent(pipe: int) -> None:
    """In a child: end when the parent is killed and could not do it; nothing is ever written to the pipe."""
    os.read(pipe, 1)
    os._exit(1)
