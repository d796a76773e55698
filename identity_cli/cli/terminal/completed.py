"""Kinds of arguments that a shell completes: names, files, folders, and ids of the run at hand.

What is typed passes as it is: what it is for refuses it, here as in Python.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MOST_IDS = 100


class _Completed(click.ParamType):  # type: ignore[type-arg]  # in older clicks it has none
    """Text."""

    name = "text"


class Known(_Completed):
    """One of some names, or of those that a function knows, which only completion then asks."""

    def __init__(self, names: Iterable[str] | Callable[[], Iterable[str]], *, several: bool = False) -> None:
        """several: with commas between them."""
        self._names = names if callable(names) else list(names)
        self._several = several

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """The names that begin so."""
        from click.shell_completion import CompletionItem  # a shell asks for it, nobody else

        names = self._names() if callable(self._names) else self._names
        before, comma, last = incomplete.rpartition(",") if self._several else ("", "", incomplete)
        return [CompletionItem(before + comma + name) for name in names if name.startswith(last)]


class _OnDisk(_Completed):
    def __init__(self, kind: str) -> None:
        self._kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """What the shell itself knows to complete."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self._kind)]


class _IdOfRun(_Completed):
    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """The ids of the run that begin so, from the index: a million are no slower than ten."""
        from click.shell_completion import CompletionItem

        from identity_cli.errors import IdcliError
        from identity_cli.store.reading.run import Run, StoreError
        from identity_cli.store.reading.typed_ids import ids_beginning

        try:
            with closing(Run(ctx.params.get("folder") or os.environ.get("IDCLI_RUN") or "idcli-run")) as run:
                found = ids_beginning(run, incomplete, limit=MOST_IDS)
        except (IdcliError, StoreError, OSError):
            return []  # nothing to complete is no error at the prompt
        return [CompletionItem(one) for one in found if one.isprintable() and not set(one) & set(" '\"\\")]


FILE, FOLDER, ID = _OnDisk("file"), _OnDisk("dir"), _IdOfRun()
