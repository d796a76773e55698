"""Options that several commands share, and the run they read."""

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from identity_cli.cli.terminal.completed import FILE, FOLDER
from identity_cli.errors import IdcliError, RunUnreadable

if TYPE_CHECKING:
    from identity_cli.store.reading.run import Run

DEFAULT_RUN = "idcli-run"
RUN_VARIABLE = "IDCLI_RUN"
DEVICE_MARK = "$device:"
"""What Mixpanel puts before a device's id, which its lines have without."""
INTERNAL = ("include", "exclude", "only")
FORMATS = ("table", "json", "ndjson", "csv")
MOST = 2**53
"""Of anything that a command lists: more digits mean all."""


class HelpfulContext(click.Context):
    """A context whose help is ours."""

    def make_formatter(self) -> click.HelpFormatter:
        """Make what lays out help."""
        from identity_cli.cli.terminal.help_text import (
            HelpText,  # whoever asks for no help needs nothing of it
        )

        return HelpText(width=self.terminal_width, max_width=self.max_content_width)


class Command(click.Command):
    """A command of ours."""

    context_class = HelpfulContext

    def __init__(self, *declared: Any, **attributes: Any) -> None:
        super().__init__(*declared, **attributes)
        self.params.append(color_option(hidden=True))  # the help of `idcli` tells it once for all

    def get_help_option(self, ctx: click.Context) -> click.Option:
        """Make the --help option."""
        return help_option(ctx)


class Replaying(Command):
    """A command that replays: for a while, with files of its own."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; killed, it takes its files along."""
        from identity_cli.files.processes import clean_up_when_killed

        clean_up_when_killed()
        return super().invoke(ctx)


class Option(click.Option):
    """An option of ours. click would tidy its help at every start, with what takes long to import."""

    def __init__(self, *declarations: Any, help: str | None = None, **attributes: Any) -> None:
        super().__init__(*declarations, **attributes)
        self.help = help


option = functools.partial(click.option, cls=Option)


def color_option(*, hidden: bool = False) -> Option:
    """--color, wherever it stands; the last one counts."""
    return Option(
        ["--color"],
        type=click.Choice(("auto", "always", "never")),
        expose_value=False,
        is_eager=True,
        callback=_choose_color,
        hidden=hidden,
        help="When to colour; auto is on a terminal, unless NO_COLOR or FORCE_COLOR is set.  [default: auto]",
    )


def _choose_color(ctx: click.Context, parameter: click.Parameter, asked: str | None) -> None:
    if asked is not None:
        ctx.color = {"auto": None, "always": True, "never": False}[asked]


def help_option(ctx: click.Context) -> click.Option:
    """--help. click's own looks up a translation of its text at every start, asked for or not."""
    return Option(
        ctx.help_option_names,
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_show_help,
        help="Show this message and exit.",
    )


def _show_help(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        print_help(ctx)


def print_help(ctx: click.Context) -> NoReturn:
    """Print the help of a command and leave."""
    click.echo(ctx.get_help(), color=True)  # it has no colours where there are to be none
    ctx.exit()


Function = TypeVar("Function", bound=Callable[..., Any])


def run_option(text: str) -> Callable[[Function], Function]:
    """--run DIR."""
    return option(
        "--run",
        "folder",
        metavar="DIR",
        type=FOLDER,
        envvar=RUN_VARIABLE,
        default=DEFAULT_RUN,
        show_default=True,
        show_envvar=True,
        help=text,
    )


def format_option(*formats: str) -> Callable[[Function], Function]:
    """--format, a table for people unless asked otherwise; and --csv-guard where it may be CSV."""
    choices = formats or FORMATS
    form = option(
        "--format",
        "output",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="How to print it." if "table" in choices else "How to write it.",
    )
    return _with_csv_guard(form) if "csv" in choices else form


CSV_GUARD = "identity_cli.csv_guard"


def _with_csv_guard(form: Callable[[Function], Function]) -> Callable[[Function], Function]:
    guard = option(
        "--csv-guard",
        type=click.Choice(("on", "off")),
        default="on",
        show_default=True,
        expose_value=False,
        callback=lambda ctx, parameter, value: ctx.meta.update({CSV_GUARD: value == "on"}),
        help="In CSV, an apostrophe before = + - @ keeps spreadsheets from taking text for a formula; "
        "programs that read it need none.",
    )
    return lambda command: form(guard(command))


def guards_csv() -> bool:
    """What --csv-guard says."""
    return bool(click.get_current_context().meta.get(CSV_GUARD, True))


def config_option(command: Function) -> Function:
    """--config FILE: what a project says of its own about audits."""
    from identity_cli.cli.terminal.completed import FILE

    text = "Settings to follow: thresholds, audits, suppressions.  [default: .idcli.toml, if there is one]"
    return option("--config", metavar="FILE", type=FILE, help=text)(command)


def limit_option(text: str, default: int | None = 10) -> Callable[[Function], Function]:
    """--limit N; None for no default that could be told in a number."""
    return option(
        "--limit",
        type=click.IntRange(0),
        default=default,
        show_default=True,
        metavar="N",
        callback=lambda ctx, parameter, value: None if value is None else min(value, MOST),
        help=text,
    )


def team_option(text: str) -> Callable[[Function], Function]:
    """--team-id N."""
    return option("--team-id", type=int, metavar="N", help=text)


def buffer_option(text: str) -> Callable[[Function], Function]:
    """--buffer SECONDS, as buffer_seconds."""
    return option("--buffer", "buffer_seconds", type=float, metavar="SECONDS", help=text)


def internal_choice(text: str) -> Callable[[Function], Function]:
    """--internal include, exclude or only."""
    return option(
        "--internal", type=click.Choice(INTERNAL), default=INTERNAL[0], show_default=True, help=text
    )


def internal_option(command: Callable[..., None]) -> Callable[..., None]:
    """--internal, for a command that is given the run first: it then sees only what was asked for."""

    @internal_choice("With internal users, without them, or them alone; for runs of replay --internal-users.")
    @functools.wraps(command)
    def with_some_shown(run: Any, *, internal: str, **arguments: Any) -> None:
        run.show_internal(internal)
        command(run, **arguments)

    return with_some_shown


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
            with redacted(run, redact, redact_key) as (copy, renamed):
                for name in names:
                    arguments[name] = renamed(arguments[name])
                command(copy, **arguments)

        return with_pseudonyms

    return decorate


def redact_options(command: Callable[..., None]) -> Callable[..., None]:
    """--redact and --redact-key FILE."""
    key = option(
        "--redact-key",
        metavar="FILE",
        help="The same pseudonyms as of others with this secret; without it they hold for this once.",
    )
    flag = option(
        "--redact",
        is_flag=True,
        help="With pseudonyms for ids and for all that is known of persons, to be shown to others.",
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
def redacted(run: "Run", redact: bool, key: str | None) -> "Iterator[tuple[Run, Callable[[Any], Any]]]":
    """The run, or where asked for a copy with pseudonyms; and what turns typed ids into those of it."""
    if not redact and key is None:
        yield run, lambda wanted: wanted
        return
    from pathlib import Path

    from identity_cli.audits.kinds_of_ids import is_placeholder
    from identity_cli.store.reading.run import Run
    from identity_cli.store.redaction import redacted_copy

    secret = None if key is None else Path(key).read_bytes()
    with redacted_copy(run.folder, secret, is_placeholder) as (folder, names):

        def renamed(wanted: Any) -> Any:
            if wanted is None or isinstance(wanted, tuple):
                return wanted and tuple(map(renamed, wanted))
            known = run.keys_of(wanted)
            return names.distinct_id(wanted) if known else names.uuid(run.find_person(wanted).person_id)

        with closing(Run(folder)) as copy:
            yield copy, renamed


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
            raise RunUnreadable(" or ".join(folders), str(error)) from None
        except (IdcliError, click.ClickException, click.exceptions.Exit, OSError):
            raise
        except Exception:  # a bug, unless it is the run that is at fault
            for run in runs:
                if damage := run.damage():
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
