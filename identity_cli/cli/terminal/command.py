"""What a command, its options and its help are here: click's, but with our words."""

import functools
from typing import Any, NoReturn

import click

DEVICE_MARK = "$device:"
"""What Mixpanel puts before a device's id, which its lines have without."""


class HelpfulContext(click.Context):
    """A context whose help is ours."""

    def make_formatter(self) -> click.HelpFormatter:
        """Make what lays out help."""
        from identity_cli.cli.terminal.help_text import HelpText  # who asks for none needs nothing of it

        return HelpText(self.terminal_width, self.max_content_width)


class Helpful(click.Command):
    """What has a help of ours."""

    context_class = HelpfulContext

    def get_help_option(self, ctx: click.Context) -> click.Option:
        """Make the --help option."""
        return help_option(*ctx.help_option_names)

    # click would tidy both texts first, which HelpText wraps, and look up translations of its
    # headings: with what takes long to import.

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say what it does."""
        _write_indented(formatter, self.help)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List its options."""
        told = [parameter.get_help_record(ctx) for parameter in self.get_params(ctx)]
        with formatter.section("Options"):
            formatter.write_dl([one for one in told if one is not None])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show an example."""
        _write_indented(formatter, self.epilog)


def _write_indented(formatter: click.HelpFormatter, text: str | None) -> None:
    if text:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(text)


class Command(Helpful):
    """A command of ours."""

    def __init__(self, *declared: Any, **attributes: Any) -> None:
        super().__init__(*declared, **attributes)
        self.params.append(color_option(hidden=True))  # the help of `idcli` tells it once for all


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


@functools.cache
def help_option(*names: str) -> click.Option:
    """--help. click's own looks up a translation of its text at every start, asked for or not."""
    return Option(
        names,
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
