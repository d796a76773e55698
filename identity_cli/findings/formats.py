"""Formats of a whole report, beside those of every command; a new one is a module, and its name here."""

from collections.abc import Iterator
from importlib import import_module

from identity_cli.findings.log_report import LogReport

FORMATS = ("sarif", "junit", "github", "markdown")
"""Each the name of a module here, and of the function in it that writes the report, piece by piece."""


def pieces_of(name: str, report: LogReport) -> Iterator[str]:
    """A report in the format of that name; only its module is imported."""
    pieces: Iterator[str] = getattr(import_module(f"identity_cli.findings.{name}"), name)(report)
    return pieces
