"""The command line: its commands, and the one place where errors become text and exit codes.

Commands are imported when they are called for, each from a module of its name, so that
help and the quick ones start fast. Data goes to standard output, all else to standard error.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NoReturn

import click

from identity_cli import __version__
from identity_cli.cli.terminal.command import Helpful, color_option, option, print_help
from identity_cli.errors import ExitCode, IdcliError

GROUPS = {
    "Begin with": {
        "replay": ("replay_log", "Replay event logs and resolve their persons."),
        "warnings": ("list_warnings", "Show what is wrong in the log, the worst first."),
        "person": ("show_person", "Show who ID is, and why."),
    },
    "Look": {
        "find": ("find_text", "Find any id, e-mail address, name or value, now or ever."),
        "persons": ("list_persons", "List persons."),
        "events": ("show_events", "Show a person's events, and whose each was when it came."),
        "trend": ("show_trend", "Show events, unique users, links and warnings over time."),
        "graph": ("draw_graph", "Draw who became whom, and why."),
        "report": ("write_report", "Write a report as one HTML file, which loads nothing from anywhere."),
        "export": ("export_tables", "Write a table of the run to standard output."),
        "pack": ("pack_run", "Pack a run into one file to send."),
    },
    "Explain": {
        "how": ("explain_how", "Tell how a person came to be, step by step."),
        "why": ("explain_why", "Prove why two ids are one person, or are not."),
        "blame": ("blame_values", "Tell which event wrote a person's properties."),
    },
    "Try": {
        "whatif": ("try_change", "Replay with a change, and show what it changes."),
    },
    "Mend": {
        "culprits": ("find_culprits", "Rank the events that over-merged a person."),
        "repair": ("plan_repair", "Plan how to split an over-merged person."),
    },
    "Check": {
        "verify": ("verify_export", "Compare a run with the platform's exports."),
        "diff": ("compare_runs", "Compare two runs, person by person."),
    },
    "Know": {
        "audit": ("audit_run", "Sum up a run: ids per person, kinds of ids, what was linked."),
        "audits": ("list_audits", "List the audits, or explain one."),
        "dialects": ("list_dialects", "List the input formats, and what each means to persons."),
        "schema": ("print_schema", "Print the JSON Schema of an answer."),
        "completion": ("complete_shell", "Let the shell complete commands, files and ids."),
        "help": ("show_help", "Show the help of a command."),
    },
}
"""Of each group the commands: name to its module in `commands` and its first line of help."""
CLICKS_LEAD = "Error: "
COMMANDS = {name: entry for group in GROUPS.values() for name, entry in group.items()}


class Commands(Helpful, click.Group):
    """The group: commands by name, imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order in which one needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = import_module(f"identity_cli.cli.commands.{module}").command
        if command.help is None and command.callback is not None:
            from identity_cli.cli.terminal.docstrings import docstring_of

            command.help = docstring_of(command.callback)
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, then the options that all have."""
        self.format_commands(ctx, formatter)
        Helpful.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        width = max(map(len, COMMANDS))
        for group, commands in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(width), said) for name, (_, said) in commands.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the command; without any, and without a command, show what there is."""
        if not args and not ctx.resilient_parsing:
            print_help(ctx)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; of a name that is none say what it may have meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from identity_cli.errors import UnknownCommand

            raise UnknownCommand(args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        """Read the options before the command, of which --help and --version print something."""
        with _errors_told():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _errors_told():
            result = super().invoke(ctx)
            sys.stdout.flush()
        return result


@contextmanager
def _errors_told() -> Iterator[None]:
    """Whatever stops a command becomes one line and an exit code."""
    try:
        yield
    except IdcliError as error:
        fail(str(error), ExitCode.FAILED)
    except click.UsageError as error:  # which shows what was typed
        raise click.UsageError(_fitted(error.format_message() + _behind_dashes(error)), error.ctx) from None
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python must not try to flush it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(ExitCode.PIPE_CLOSED) from None
    except KeyboardInterrupt:
        fail("interrupted", ExitCode.INTERRUPTED)
    except OSError as error:
        if error.strerror is None:
            raise
        fail(_told(error), ExitCode.FAILED)


def _behind_dashes(error: click.UsageError) -> str:
    """How to give a command that takes an id one that looks like an option."""
    from identity_cli.cli.terminal.completed import ID  # help needs nothing of it

    takes_ids = error.ctx is not None and any(
        isinstance(one, click.Argument) and one.type is ID for one in error.ctx.command.params
    )
    if not takes_ids or not isinstance(error, click.NoSuchOption):
        return ""
    return " An id that begins with - goes behind --, as in idcli person -- -1."


def _told(error: OSError) -> str:
    """What the system refused, of which file, and where there is no room, what to do about that."""
    from identity_cli.files.room import is_full, room_beside  # help needs nothing of it

    name = error.filename  # files are written to by name, see files.outputs
    if not is_full(error):
        return f"{name}: {error.strerror}" if name else str(error.strerror)
    room = f"{room_beside(name)} Free some" if name else "Free some there"
    what = f"{name or 'standard output'} cannot be written: {error.strerror}"
    return f"{what}. {room}, or write to another disk."


def _fitted(text: str) -> str:
    """What click says, behind its "Error: ", in the width of the terminal."""
    from identity_cli.cli.terminal.text import fitted  # help needs nothing of it

    return fitted(f"{CLICKS_LEAD}{text}").removeprefix(CLICKS_LEAD)


def fail(message: str, code: int) -> NoReturn:
    """Say what is wrong and leave."""
    from identity_cli.cli.terminal.text import print_error  # help needs nothing of it

    print_error(f"idcli: {message}")
    raise click.exceptions.Exit(code) from None


def _show_version(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        click.echo(f"idcli {__version__}")
        ctx.exit()


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 90},
    epilog="Example: idcli replay sample_data/events.ndjson",
    params=[color_option()],
)
@option(
    "-V",
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
def idcli() -> None:
    """Do what the command does."""


idcli.help = "Replay product-analytics event logs: who is who, why, and what went wrong."
"""No docstring, which python -OO would forget; and click would tidy it with what takes long to import."""
