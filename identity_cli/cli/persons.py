"""`idcli persons`: which persons there are."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import click

from identity_cli.cli.options import Command, format_option, with_run
from identity_cli.cli.page import Column, Page, id_column, number_column
from identity_cli.cli.render import write_records
from identity_cli.cli.text import number_text, plural, time_text
from identity_cli.errors import BadCondition
from identity_cli.store.rows import PersonRow
from identity_cli.store.run import PERSON_ORDERS, Run

COLUMNS = PersonRow._fields[1:]
IN_A_TABLE = 20

Condition = tuple[str, str]


@click.command(
    "persons", cls=Command, epilog="Example: idcli persons --identified --min-ids 3 --where plan=plus"
)
@click.option("--identified/--anonymous", default=None, help="Only one kind of person.")
@click.option(
    "--min-ids",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Only persons of at least N distinct ids.",
)
@click.option(
    "--where",
    "conditions",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only persons with that property; may be given several times.",
)
@click.option(
    "--sort",
    "order",
    type=click.Choice(list(PERSON_ORDERS)),
    default="ids",
    show_default=True,
    help="What comes first: most ids, most events, or by time.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"At most N persons.  [default: {IN_A_TABLE} in a table, else all]",
)
@format_option()
@with_run
def command(
    run: Run,
    output: str,
    order: str,
    limit: int | None,
    conditions: tuple[str, ...],
    **kind: Any,
) -> None:
    """List persons.

    VALUE is text, or a number, true, false or null as in JSON.
    """
    if limit is None and output == "table":
        limit = IN_A_TABLE
    wanted = [_condition(given) for given in conditions]
    found = _matching(run.persons(order, None if wanted else limit, **kind), wanted)
    if output != "table":
        write_records(COLUMNS, map(_record, islice(found, limit)), output)
        return
    shown = list(islice(found, limit))
    rest = sum(1 for _ in found) if wanted else run.count_persons(**kind) - len(shown)
    _show(Page(), shown, rest, run.team_count() > 1)


def _condition(given: str) -> Condition:
    key, equals, value = given.partition("=")
    if not key or not equals:
        raise BadCondition(given)
    return key, value


def _matching(persons: Iterable[PersonRow], conditions: list[Condition]) -> Iterator[PersonRow]:
    for person in persons:
        if not conditions:
            yield person
            continue
        properties = json.loads(person.properties)
        if all(key in properties and _is(properties[key], value) for key, value in conditions):
            yield person


def _is(value: Any, wanted: str) -> bool:
    """Whether a property value is the one wanted: the same text, or the same as JSON."""
    if isinstance(value, str):
        return value == wanted
    try:
        return bool(json.dumps(value) == json.dumps(json.loads(wanted)))
    except ValueError:
        return False


def _record(person: PersonRow) -> dict[str, Any]:
    record = person._asdict()
    record["is_identified"] = bool(person.is_identified)
    record["properties"] = json.loads(person.properties)
    del record["person"]
    return record


def _show(page: Page, shown: list[PersonRow], rest: int, teams: bool) -> None:
    columns = [
        *([Column("team", right=True)] if teams else []),
        id_column("made with"),
        Column("identified"),
        number_column("ids"),
        number_column("events"),
        Column("first seen"),
        Column("last seen"),
        Column("person id", extra=True),
    ]
    page.table(columns, [_row(person, teams) for person in shown], indent=0)
    if rest:
        more = f"… and {number_text(rest)} more; --limit {len(shown) + rest} shows them"
        page.line((more, "dim"))
    else:
        page.line((plural(len(shown), "person"), "dim"))


def _row(person: PersonRow, teams: bool) -> list[Any]:
    return [
        *([str(person.team_id)] if teams else []),
        person.creator_distinct_id,
        ("yes", "green") if person.is_identified else ("no", "yellow"),
        person.id_count,
        person.event_count,
        time_text(person.first_seen)[:16],
        time_text(person.last_seen)[:16],
        person.person_id,
    ]
