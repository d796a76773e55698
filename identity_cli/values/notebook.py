"""How a run looks in a notebook: who draws it stands far above it, and is imported where one looks."""

from importlib import import_module

DRAWN_BY = "identity_cli.pages.notebook"


def html_of(run: object) -> str:
    """The run as HTML, for Jupyter and the like."""
    return str(import_module(DRAWN_BY).html_of(run))
