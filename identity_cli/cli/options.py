"""Options that several commands share, and the run they read."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from identity_cli.cli.render import FORMATS
from identity_cli.errors import RunUnreadable

DEFAULT_RUN = "idcli-run"
RUN_VARIABLE = "IDCLI_RUN"

INTEGER = click.IntRange(-(2**63), 2**63 - 1)  # what the store can hold
NATURAL = click.IntRange(0, 2**63 - 1)

Command = TypeVar("Command", bound=Callable[..., Any])


def run_option(text: str) -> Callable[[Command], Command]:
    """--run DIR."""
    return click.option(
        "--run",
        "folder",
        metavar="DIR",
        envvar=RUN_VARIABLE,
        default=DEFAULT_RUN,
        show_default=True,
        show_envvar=True,
        help=text,
    )


def format_option(*formats: str) -> Callable[[Command], Command]:
    """--format, a table for people unless asked otherwise."""
    choices = formats or FORMATS
    return click.option(
        "--format",
        "output",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="How to print it." if "table" in choices else "How to write it.",
    )


def team_option(text: str) -> Callable[[Command], Command]:
    """--team-id N."""
    return click.option("--team-id", type=INTEGER, metavar="N", help=text)


def with_run(command: Callable[..., None]) -> Callable[..., None]:
    """Open the run that --run names and hand it to the command, first."""

    @run_option("The run folder to read.")
    @functools.wraps(command)
    def with_opened_run(*, folder: str, **arguments: Any) -> None:
        from identity_cli.store.run import Run, StoreError

        run = Run(folder)
        try:
            command(run, **arguments)
        except StoreError as error:
            raise RunUnreadable(run.name, str(error)) from None
        finally:
            run.close()

    return with_opened_run
