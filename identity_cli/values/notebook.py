"""How records look in a notebook: who draws them stands far above them, and is imported where one looks."""

from importlib import import_module

DRAWN_BY = "identity_cli.pages.notebook"


def html_of(record: object) -> str:
    """The record as HTML, for Jupyter and the like; every such record has this as its `_repr_html_`."""
    return str(import_module(DRAWN_BY).html_of(record))
