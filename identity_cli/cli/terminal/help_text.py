"""Help as other tools of a terminal have it: headings and names in colour, and no word broken."""

import sys
from collections.abc import Iterable

import click

from identity_cli.cli.terminal.color import is_colored
from identity_cli.cli.terminal.fitting import columns_of, is_terminal, width_of, wrapped

COLUMNS = 80
"""Where no terminal says how many it has."""
NARROWEST = 50
NARROW = 70
"""Columns below which what an option is called stands above what it does."""


class HelpText(click.HelpFormatter):
    """Lays out help; click's own breaks words at hyphens, options among them.

    width: None for that of the terminal, at most max_width, which click asks with what takes long to import.
    """

    def __init__(self, width: int | None, max_width: int | None) -> None:
        columns = columns_of(sys.stdout) or COLUMNS
        super().__init__(width=width or max(min(columns, max_width or COLUMNS) - 2, NARROWEST))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """How a command is called."""
        lead = f"{prefix or 'Usage:'} ".replace("  ", " ")
        first, *rest = wrapped(f"{prog} {args}", self.width - len(lead)) or [""]
        self.write(f"{_styled(lead.rstrip(), bold=True)} {first}\n")
        self.write("".join(f"{' ' * len(lead)}{line}\n" for line in rest))

    def write_heading(self, heading: str) -> None:
        """What comes now."""
        self.write(f"{' ' * self.current_indent}{_styled(f'{heading}:', bold=True)}\n")

    def write_text(self, text: str) -> None:
        """Paragraphs."""
        indent = " " * self.current_indent
        paragraphs = [wrapped(one, self.width - self.current_indent) for one in text.split("\n\n")]
        self.write("\n".join("".join(f"{indent}{line}\n" for line in lines) for lines in paragraphs))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Names and what each means."""
        pairs = list(rows)
        most = col_max if self.width >= NARROW else 14
        column = min(most, max(width_of(name) for name, _ in pairs)) + col_spacing
        indent = " " * self.current_indent
        for name, meaning in pairs:
            self.write(f"{indent}{_styled(name, fg='cyan', bold=True)}")
            lines = wrapped(meaning, max(self.width - column - self.current_indent, 10))
            if lines and width_of(name) <= column - col_spacing:
                self.write(f"{' ' * (column - width_of(name))}{lines.pop(0)}")
            self.write("\n" + "".join(f"{indent}{' ' * column}{line}\n" for line in lines))


def _styled(text: str, *, bold: bool, fg: str | None = None) -> str:
    return click.style(text, fg=fg, bold=bold) if is_colored(is_terminal(sys.stdout)) else text
