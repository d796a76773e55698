"""What is handed to a command that asks a run: the run itself, ids as they are meant, its log, pseudonyms."""

import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

import click

from identity_cli.cli.terminal.command import DEVICE_MARK, option
from identity_cli.cli.terminal.completed import FILE
from identity_cli.cli.terminal.options import run_option
from identity_cli.errors import IdcliError

if TYPE_CHECKING:
    from identity_cli.store.reading.run import Run
    from identity_cli.store.redaction import Pseudonyms

_SECRET_BYTES = 32


def with_run(command: Callable[..., None]) -> Callable[..., None]:
    """Open the run that --run names and hand it to the command, first."""

    @run_option("The run folder to read.")
    @functools.wraps(command)
    def with_opened_run(*, folder: str, **arguments: Any) -> None:
        with opened(folder) as (run,):
            command(run, **arguments)

    return with_opened_run


def redactable(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """--redact, for a command that is given the run first; names: its arguments that are ids."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @redact_options
        @functools.wraps(command)
        def with_pseudonyms(run: Any, *, redact: bool, redact_key: str | None, **arguments: Any) -> None:
            with redacted((run,), redact, redact_key) as (copies, renamed):
                for name in names:
                    arguments[name] = renamed(arguments[name])
                command(copies[0], **arguments)

        return with_pseudonyms

    return decorate


def redact_options(command: Callable[..., None]) -> Callable[..., None]:
    """--redact and --redact-key FILE."""
    key = option(
        "--redact-key",
        metavar="FILE",
        help="A secret, by which pseudonyms are the same each time; without it they differ each time.",
    )
    flag = option(
        "--redact",
        is_flag=True,
        help="Replace ids and all that is known of persons by pseudonyms, to show it to others.",
    )
    return flag(key(command))


def with_log(command: Callable[..., None]) -> Callable[..., None]:
    """--log, for a command that is given the run first and reads its log."""

    @option("--log", "log_place", metavar="PATH", type=FILE, help="Where the log is now, if it has moved.")
    @functools.wraps(command)
    def with_log_found(run: Any, *, log_place: str | None, **arguments: Any) -> None:
        if log_place is not None:
            run.read_log_at(log_place)
        command(run, **arguments)

    return with_log_found


@contextmanager
def redacted(
    runs: "Sequence[Run]", redact: bool, key: str | None
) -> "Iterator[tuple[Sequence[Run], Callable[[Any], Any]]]":
    """The runs, or where asked copies, with the same pseudonyms in all; and what makes these of typed ids."""
    if not redact and key is None:
        yield runs, lambda wanted: wanted
        return
    import secrets
    from pathlib import Path

    secret = secrets.token_bytes(_SECRET_BYTES) if key is None else Path(key).read_bytes()
    with ExitStack() as stack:
        copies, names = zip(*(stack.enter_context(_copied(run, secret)) for run in runs), strict=True)

        def renamed(wanted: Any) -> Any:
            if wanted is None or isinstance(wanted, tuple):
                return wanted and tuple(map(renamed, wanted))
            if runs[0].keys_of(wanted):
                return names[0].distinct_id(wanted)
            return names[0].uuid(runs[0].find_person(wanted).person_id)

        yield copies, renamed


@contextmanager
def _copied(run: "Run", secret: bytes) -> "Iterator[tuple[Run, Pseudonyms]]":
    from identity_cli.audits.kinds_of_ids import is_placeholder
    from identity_cli.store.reading.run import Run
    from identity_cli.store.redaction import redacted_copy

    with redacted_copy(run.folder, secret, is_placeholder) as (folder, names), closing(Run(folder)) as copy:
        copy.original = run
        yield copy, names


@contextmanager
def opened(*folders: str) -> "Iterator[list[Run]]":
    """The runs in these folders, to be read; RunUnreadable where they turn out to be damaged."""
    from identity_cli.store.reading.run import Run, StoreError  # help needs nothing of it

    with ExitStack() as stack:
        runs: list[Run] = []
        try:
            runs += [stack.enter_context(closing(Run(folder))) for folder in folders]
            yield runs
        except StoreError as error:
            from identity_cli.errors import RunUnreadable

            raise RunUnreadable(" or ".join(folders), str(error)) from None
        except (IdcliError, click.ClickException, click.exceptions.Exit, OSError):
            raise
        except Exception:  # a bug, unless it is the run that is at fault
            for run in runs:
                if damage := run.damage():
                    from identity_cli.errors import RunUnreadable

                    raise RunUnreadable(run.name, damage) from None
            raise


def with_ids(*names: str, whole: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Take these arguments for distinct ids, for a command that is given the run first.

    One that the run does not have as it was typed may be typed as it is shown, with escapes or cut, as the
    lines of a Mixpanel log have it, without the mark of a device, by its beginning, or by an e-mail address
    of its person. whole: neither cut nor by its beginning nor by what its person has, as the id may be one
    that is no person's.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def with_ids_meant(run: Any, **arguments: Any) -> None:
            for name in names:
                arguments[name] = _meant(run, arguments[name], whole)
            command(run, **arguments)

        return with_ids_meant

    return decorate


def _meant(run: Any, typed: Any, whole: bool) -> Any:
    if isinstance(typed, tuple):
        return tuple(_meant(run, one, whole) for one in typed)
    if typed is None:
        return None
    if not typed.isascii() and sys.getfilesystemencoding() != "utf-8":  # then it came as bytes that are UTF-8
        typed = os.fsencode(typed).decode("utf-8", "surrogateescape")
    if run.keys_of(typed):
        return typed
    if run.keys_of(DEVICE_MARK + typed):
        return DEVICE_MARK + typed
    from identity_cli.cli.terminal.text import print_error, read_back  # only where it is no id of the run

    if "\\" in typed:
        typed = read_back(typed)
    if whole:
        return typed
    from identity_cli.store.reading.typed_ids import meant

    found = meant(run, typed)
    if found != typed:
        print_error(f"idcli: {typed} is taken for {found}")
    return found
