"""Options that several commands share."""

import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from identity_cli.cli.terminal.command import option
from identity_cli.cli.terminal.completed import FILE, FOLDER

DEFAULT_RUN = "idcli-run"
RUN_VARIABLE = "IDCLI_RUN"
INTERNAL = ("include", "exclude", "only")
FORMATS = ("table", "json", "ndjson", "csv")
WIDEST_METAVAR = 40
"""Of choices that an option lists in its own line of help, in columns."""
MOST = 2**53
"""Of anything that a command lists: more digits mean all."""
FEWEST_BYTES = 1 << 20
"""Of memory, where no unit is written: fewer are meant to have one."""
Function = TypeVar("Function", bound=Callable[..., Any])


class Number(click.ParamType):  # type: ignore[type-arg]  # in older clicks it has none
    """A number; text that is none is refused in the words for a number that cannot be.

    what: what it is of, as in "the buffer"; needed: one that it can be, as BadOption tells it.
    """

    name = "number"

    def __init__(self, kind: type[int] | type[float], what: str, needed: str) -> None:
        self._kind, self._what, self._needed = kind, what, needed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | float:
        """Read it; BadOption."""
        try:
            return self._kind(value)
        except ValueError:
            from identity_cli.errors import BadOption  # mostly it is a number

            raise BadOption(self._what, value, self._needed) from None


_TEAM = Number(int, "the team id", "a whole number, as in --team-id 2")
_BUFFER = Number(float, "the buffer", "a number of seconds, as in --buffer 60")


def bytes_in(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """The callback of an option that takes bytes, with a unit or without: 64M, 4GiB."""
    if value is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,11})([KMG]?)(?:i?B)?", value, re.IGNORECASE)
    if found is None:
        raise click.BadParameter(f"{value!r} is no number of bytes: write 64M or 4GiB.")
    count, unit = int(found[1]), found[2].upper()
    if not unit and count < FEWEST_BYTES:
        raise click.BadParameter(
            f"{count} bytes hold no log: write {count}M or {count}GiB, if that is meant."
        )
    return count << 10 * " KMG".index(unit or " ")


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
    said = "How to print it" if "table" in choices else "How to write it"
    is_wide = len("|".join(choices)) > WIDEST_METAVAR
    form = option(
        "--format",
        "output",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        metavar="FORMAT" if is_wide else None,
        help=f"{said}: {', '.join(choices)}." if is_wide else f"{said}.",
    )
    return with_csv_guard(form) if "csv" in choices else form


CSV_GUARD = "identity_cli.csv_guard"


def with_csv_guard(form: Callable[[Function], Function]) -> Callable[[Function], Function]:
    """--csv-guard beside another option; see guards_csv."""
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
    return option("--team-id", type=_TEAM, metavar="N", help=text)


def buffer_option(text: str) -> Callable[[Function], Function]:
    """--buffer SECONDS, as buffer_seconds."""
    return option("--buffer", "buffer_seconds", type=_BUFFER, metavar="SECONDS", help=text)


def internal_choice(text: str) -> Callable[[Function], Function]:
    """--internal include, exclude or only."""
    return option(
        "--internal", type=click.Choice(INTERNAL), default=INTERNAL[0], show_default=True, help=text
    )


def internal_option(command: Callable[..., None]) -> Callable[..., None]:
    """--internal, for a command that is given the run first: it then sees only what was asked for."""

    @internal_choice(
        "Include internal users, exclude them, or show only them; for runs of replay --internal-users."
    )
    @functools.wraps(command)
    def with_some_shown(run: Any, *, internal: str, **arguments: Any) -> None:
        run.show_internal(internal)
        command(run, **arguments)

    return with_some_shown
