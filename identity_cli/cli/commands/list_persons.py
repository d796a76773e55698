"""`idcli persons`: which persons there are."""

import sys
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import click

from identity_cli.cli.terminal.at_work import at_work, writing_out
from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import Known
from identity_cli.cli.terminal.options import format_option, guards_csv, internal_option, limit_option
from identity_cli.cli.terminal.page import Column, Page, id_column, number_column
from identity_cli.cli.terminal.run_arguments import with_run
from identity_cli.cli.terminal.text import number_text, plural, print_error, time_text
from identity_cli.reports.conditions import Condition, condition_in
from identity_cli.reports.person_list import RECOGNISED_BY, persons, recognised
from identity_cli.store.reading.kept_findings import findings_each
from identity_cli.store.reading.rows import PersonRow
from identity_cli.store.reading.run import PERSON_ORDERS, Run

IN_A_TABLE = 20


@click.command("persons", cls=Command, epilog="Example: idcli persons --where email~@example.com --sort plan")
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
    metavar="CONDITION",
    help="Only persons of which it holds; may be given several times.",
)
@option("--ever", is_flag=True, help="Conditions hold for what a property once was, too.")
@option("-i", "--ignore-case", is_flag=True, help="Conditions hold whatever the case.")
@option(
    "--sort",
    "order",
    type=Known(PERSON_ORDERS),
    metavar="[" + "|".join(PERSON_ORDERS) + "|KEY]",
    default="ids",
    show_default=True,
    help="What comes first: most ids, most events, by time, or a property, from low to high; with a minus "
    "before it, as in -seats, from high to low.",
)
@option(
    "--show",
    "shown_by",
    multiple=True,
    metavar="KEY",
    help="The property to recognise persons by; of several the first that one has.  [default: name, email]",
)
@option("--suspicious", is_flag=True, help="Only persons that findings are about; see idcli warnings.")
@option(
    "--findings",
    "codes",
    multiple=True,
    metavar="CODE",
    type=Known(lambda: _codes()),  # noqa: PLW0108 -- it is defined below
    help="Only persons that findings of that code are about; may be given several times.",
)
@limit_option(f"At most N persons.  [default: {IN_A_TABLE} in a table, else all]", None)
@format_option()
@with_run
@internal_option
def command(
    run: Run,
    output: str,
    order: str,
    limit: int | None,
    conditions: tuple[str, ...],
    ever: bool,
    ignore_case: bool,
    shown_by: tuple[str, ...],
    suspicious: bool,
    codes: tuple[str, ...],
    **kind: Any,
) -> None:
    """List persons.

    Each with an id to log in with, or the one it was made with, what one knows it by, and how many findings
    are about it. A CONDITION is
    KEY=VALUE, KEY!=VALUE, KEY~PART, KEY>VALUE (or <, >=, <=), 'KEY exists' or 'KEY missing'. VALUE is
    text, or a number, true, false or null as in JSON.
    """
    if limit is None and output == "table":
        limit = IN_A_TABLE
    wanted = [condition_in(given, ignore_case=ignore_case) for given in conditions]
    for code in codes:
        if code not in _codes():
            from identity_cli.errors import UnknownChoice

            raise UnknownChoice("audit", code, _codes())
    is_narrowed = bool(wanted or suspicious or codes)
    found = persons(
        run,
        where=wanted,
        ever=ever,
        sort=order,
        limit=None if is_narrowed else limit,
        findings=codes if suspicious or codes else None,
        **kind,
    )
    if output != "table":
        with writing_out():
            _write(run, islice(found, limit), output)
        return
    with at_work("Searching"):
        shown = list(islice(found, limit))
        rest = sum(1 for _ in found) if is_narrowed else run.count_persons(**kind) - len(shown)
    tells = run.internal_users is not None and run.shows_internal == "include"
    internal = run.internal_reasons(one.person for one in shown) if tells else None
    if not shown and not ever:
        _say_of_properties_nobody_has(run, wanted)
    rows = [_row(run, one, shown_by or RECOGNISED_BY) for one in shown]
    found_of = findings_each(run, [one.person for one in shown])
    _show(Page(), rows, rest, Extras(run.team_count() > 1, internal, found_of))


def _say_of_properties_nobody_has(run: Run, wanted: Iterable[Condition]) -> None:
    for key in dict.fromkeys(one.key for one in wanted):
        if not run.has_property(key):
            print_error(f"idcli: nobody has a property {key!r}")


def _codes() -> list[str]:
    """Of all audits; to import them takes time that most lists of persons need not."""
    from identity_cli.audits.registry import AUDITS

    return [audit.code for audit in AUDITS]


def _write(run: Run, found: Iterable[PersonRow], output: str) -> None:
    """Records for machines, as in the table of persons; with internal users told apart, why one is."""
    from identity_cli.cli.terminal.table_output import output_for  # a page needs nothing of these
    from identity_cli.tables.formats import TABLE_FORMATS
    from identity_cli.tables.run_tables import PERSONS
    from identity_cli.tables.table import ColumnKind, Table, write_table

    form = TABLE_FORMATS[output] if guards_csv() else TABLE_FORMATS[output].for_programs()
    table, records = PERSONS, run.person_records(found)
    if run.internal_users is not None:
        table = Table(PERSONS.name, (*PERSONS.columns, ("internal", ColumnKind.TEXT)))
        records = _with_reasons(run, found)
    sys.stdout.flush()
    write_table(output_for(output), table, records, form)


def _with_reasons(run: Run, found: Iterable[PersonRow]) -> Iterator[tuple[Any, ...]]:
    """The records of persons, each with why it is internal."""
    from identity_cli.tables.table import batches

    for some in batches(found):
        reasons = run.internal_reasons(one.person for one in some)
        for one, record in zip(some, run.person_records(some), strict=True):
            yield (*record, reasons.get(one.person))


class Extras(NamedTuple):
    """Columns that not every run needs, the team and who is internal; and findings about each person."""

    teams: bool
    internal: Container[int] | None
    findings: Mapping[int, int]


class Shown(NamedTuple):
    """A person as one recognises it."""

    person: PersonRow
    login: str
    who: str


def _row(run: Run, person: PersonRow, keys: Sequence[str]) -> Shown:
    login = run.login_of(person.person) or person.creator_distinct_id
    return Shown(person, login, recognised(person, keys) or "")


def _show(page: Page, shown: list[Shown], rest: int, extras: Extras) -> None:
    columns = [
        id_column("id"),
        Column("who", "start"),
        number_column("ids"),
        number_column("events"),
        Column("identified"),
        *([Column("team", right=True)] if extras.teams else []),
        *([] if extras.internal is None else [Column("internal")]),
        Column("last seen", extra=True),
        number_column("findings"),
        Column("person id", extra=True),
    ]
    page.table(columns, [_cells(one, extras) for one in shown], indent=0)
    if rest:
        page.note(f"… and {number_text(rest)} more; --limit {len(shown) + rest} shows them")
    else:
        page.note(plural(len(shown), "person"))


def _cells(one: Shown, extras: Extras) -> list[Any]:
    person = one.person
    return [
        one.login,
        one.who,
        person.id_count,
        person.event_count,
        ("yes", "green") if person.is_identified else ("no", "yellow"),
        *([str(person.team_id)] if extras.teams else []),
        *([] if extras.internal is None else ["yes" if person.person in extras.internal else ""]),
        time_text(person.last_seen)[:16],
        extras.findings.get(person.person, 0) or "",
        person.person_id,
    ]
