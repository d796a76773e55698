"""Formats of a whole report, beside those of every command; a new one is a module, and a line here."""

from collections.abc import Callable, Iterator

from identity_cli.findings.github import github
from identity_cli.findings.junit import junit
from identity_cli.findings.log_report import LogReport
from identity_cli.findings.markdown import markdown
from identity_cli.findings.sarif import sarif

FORMATS: dict[str, Callable[[LogReport], Iterator[str]]] = {
    "sarif": sarif,
    "junit": junit,
    "github": github,
    "markdown": markdown,
}
"""By name: what writes it, piece by piece."""
