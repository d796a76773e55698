"""`idcli schema`: what the JSON answers consist of, and run.db."""

import sys
from typing import Any

import click

from identity_cli.answers.registry import ANSWERS
from identity_cli.cli.terminal.command import Command
from identity_cli.cli.terminal.completed import Known
from identity_cli.cli.terminal.page import Column, Page
from identity_cli.errors import UnknownChoice
from identity_cli.store import schema

DATABASE = "run.db"


@click.command("schema", cls=Command, epilog="Example: idcli schema why > why.schema.json")
@click.argument("answer", required=False, metavar="[ANSWER]", type=Known([*ANSWERS, DATABASE]))
def command(answer: str | None) -> None:
    """Print the JSON Schema of an answer.

    ANSWER is a command, perhaps with what tells which of its answers is meant, as in why-id; or
    run.db, for the tables and views of a run, in SQL. Without it the answers are listed.
    """
    if answer is None:
        _list()
    elif answer == DATABASE:
        sys.stdout.write(schema.script(with_events=True) + schema.INTERNAL_PERSONS_TABLE + schema.INDEXES)
    elif answer in ANSWERS:
        _print(answer)
    else:
        raise UnknownChoice("answer", answer, [*ANSWERS, DATABASE])


def _print(name: str) -> None:
    import json

    import msgspec  # listing them takes less

    sys.stdout.write(json.dumps(_whole(name, msgspec.json.schema(ANSWERS[name])), indent=2) + "\n")


def _whole(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """A schema with what msgspec does not say of it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"idcli: {name}",
        **found,
        "$defs": {one: _tidy(about) for one, about in found["$defs"].items()},
    }


def _tidy(about: dict[str, Any]) -> dict[str, Any]:
    """A docstring without the indentation that it has in the code."""
    return (
        {**about, "description": " ".join(about["description"].split())} if "description" in about else about
    )


def _list() -> None:
    page = Page()
    rows = [[name, _first_sentence(kind)] for name, kind in ANSWERS.items()]
    columns = Column("answer", style="bold"), Column("what it is", keep="start")
    page.table(columns, [*rows, [DATABASE, "The tables and views of a run."]], indent=0)


def _first_sentence(kind: Any) -> str:
    """What an answer is, as its type says; of records, what each is."""
    (of_records, *_) = getattr(kind, "__args__", (kind,))
    lead = "" if of_records is kind else "Records: "
    return lead + (of_records.__doc__ or "").split("\n")[0]
