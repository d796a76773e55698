"""`idcli persons`: which persons there are."""

import json
from collections.abc import Container, Iterable
from itertools import islice
from typing import Any, NamedTuple

import click

from identity_cli.cli.terminal.options import Command, Known, format_option, internal_option, option, with_run
from identity_cli.cli.terminal.page import Column, Page, id_column, number_column
from identity_cli.cli.terminal.render import write_records
from identity_cli.cli.terminal.text import number_text, plural, time_text
from identity_cli.errors import BadCondition
from identity_cli.reports.person_list import Condition, persons
from identity_cli.store.reading.rows import PersonRow
from identity_cli.store.reading.run import PERSON_ORDERS, Run

COLUMNS = PersonRow._fields[1:]
IN_A_TABLE = 20


@click.command(
    "persons", cls=Command, epilog="Example: idcli persons --identified --min-ids 3 --where plan=plus"
)
@option("--identified/--anonymous", default=None, help="Only one kind of person.")
@option(
    "--min-ids",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Only persons of at least N distinct ids.",
)
@option(
    "--where",
    "conditions",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only persons with that property; may be given several times.",
)
@option(
    "--sort",
    "order",
    type=Known(PERSON_ORDERS),
    metavar="[" + "|".join(PERSON_ORDERS) + "]",
    default="ids",
    show_default=True,
    help="What comes first: most ids, most events, or by time.",
)
@option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"At most N persons.  [default: {IN_A_TABLE} in a table, else all]",
)
@format_option()
@with_run
@internal_option
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
    found = persons(run, where=wanted, sort=order, limit=None if wanted else limit, **kind)
    if output != "table":
        _write(run, islice(found, limit), output)
        return
    shown = list(islice(found, limit))
    rest = sum(1 for _ in found) if wanted else run.count_persons(**kind) - len(shown)
    tells = run.internal_users is not None and run.shows_internal == "include"
    internal = run.internal_reasons(one.person for one in shown) if tells else None
    _show(Page(), shown, rest, Extras(run.team_count() > 1, internal))


def _write(run: Run, found: Iterable[PersonRow], output: str) -> None:
    """Records for machines; a run that tells internal users apart says of each why it is one."""
    if run.internal_users is None:
        write_records(COLUMNS, map(_record, found), output)
        return
    records = (
        {**_record(person), "internal": run.internal_reasons([person.person]).get(person.person)}
        for person in found
    )
    write_records((*COLUMNS, "internal"), records, output)


def _condition(given: str) -> Condition:
    key, equals, value = given.partition("=")
    if not key or not equals:
        raise BadCondition(given)
    return key, value


def _record(person: PersonRow) -> dict[str, Any]:
    record = person._asdict()
    record["is_identified"] = bool(person.is_identified)
    record["properties"] = json.loads(person.properties)
    del record["person"]
    return record


class Extras(NamedTuple):
    """Columns that not every run needs: the team, and who is internal."""

    teams: bool
    internal: Container[int] | None


def _show(page: Page, shown: list[PersonRow], rest: int, extras: Extras) -> None:
    columns = [
        *([Column("team", right=True)] if extras.teams else []),
        id_column("made with"),
        Column("identified"),
        *([] if extras.internal is None else [Column("internal")]),
        number_column("ids"),
        number_column("events"),
        Column("first seen"),
        Column("last seen"),
        Column("person id", extra=True),
    ]
    page.table(columns, [_row(person, extras) for person in shown], indent=0)
    if rest:
        more = f"… and {number_text(rest)} more; --limit {len(shown) + rest} shows them"
        page.line((more, "dim"))
    else:
        page.line((plural(len(shown), "person"), "dim"))


def _row(person: PersonRow, extras: Extras) -> list[Any]:
    return [
        *([str(person.team_id)] if extras.teams else []),
        person.creator_distinct_id,
        ("yes", "green") if person.is_identified else ("no", "yellow"),
        *([] if extras.internal is None else ["yes" if person.person in extras.internal else ""]),
        person.id_count,
        person.event_count,
        time_text(person.first_seen)[:16],
        time_text(person.last_seen)[:16],
        person.person_id,
    ]
