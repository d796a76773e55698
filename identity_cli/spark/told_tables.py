"""The tables that components tell, in columns of Arrow: those of runs, and what orders their rows."""

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from identity_cli.person_ids import person_uuid
from identity_cli.spark.layout import Layout
from identity_cli.tables.person_names import PersonNames
from identity_cli.tables.run_tables import TABLES
from identity_cli.tables.table import ColumnKind, Columns

HELD, REJECTED_LINES, PROBED, COUNTED = "held", "rejected", "probed", "counted"
EVENTS = "attributed_events"
PERSONLESS = "personless"
Field = tuple[str, pa.DataType]
_ARROW = {ColumnKind.NUMBER: pa.int64(), ColumnKind.NTH: pa.int64(), ColumnKind.BOOL: pa.bool_()}


def fields_of(table: str, *without: str) -> list[Field]:
    """The columns of a table of a run; times, lists and JSON as text."""
    columns = TABLES[table].columns
    return [(name, _ARROW.get(kind, pa.string())) for name, kind in columns if name not in without]


STRUCTS: dict[str, list[Field]] = {
    "persons": fields_of("persons"),
    "distinct_ids": [*fields_of("distinct_ids"), ("has_person", pa.bool_())],
    "links": fields_of("links"),
    "warnings": fields_of("warnings"),
    "property_changes": fields_of("property_changes"),
    HELD: [*fields_of("held", "released_before"), ("due_micros", pa.int64())],
    "dropped": fields_of("dropped"),
    EVENTS: fields_of("events", "person_id"),
    REJECTED_LINES: [("at_seq", pa.int64()), ("reason", pa.string()), ("raw", pa.binary())],
    PROBED: [
        *(("team_id", pa.int64()), ("source_distinct_id", pa.string())),
        *(("probed_id", pa.string()), ("probed_identified", pa.bool_())),
    ],
    COUNTED: [("events", pa.int64()), ("unusable", pa.int64())],
}
"""Of each table its columns; beside those of runs, what fills in what a component cannot know."""
SCHEMA = pa.schema(
    [
        *(("table", pa.string()), ("seq", pa.int64()), ("at", pa.int64())),
        *((name, pa.struct(fields)) for name, fields in STRUCTS.items()),
    ]
)
"""A row of any of them; at: how many its worker told before."""


def told_batch(table: str, seqs: Sequence[int], columns: Columns, at: int) -> pa.RecordBatch:
    """Some rows of a table as rows of that schema."""
    fields = STRUCTS[table]
    arrays = [_array(column, kind) for column, (_, kind) in zip(columns, fields, strict=True)]
    rows = pa.StructArray.from_arrays(arrays, fields=[pa.field(*field) for field in fields])
    size = len(seqs)
    others = [rows if name == table else pa.nulls(size, SCHEMA.field(name).type) for name in STRUCTS]
    head = [pa.array([table] * size), pa.array(seqs, pa.int64()), pa.array(range(at, at + size), pa.int64())]
    return pa.record_batch([*head, *others], schema=SCHEMA)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(map(bool, values) if kind == pa.bool_() else values, kind)


def told_columns(stored: str, columns: Columns, layout: Layout, names: PersonNames) -> Columns:
    """The columns of a table of the journal as a run shows them."""
    return _SHOWN[stored](columns[1:], layout.places(columns[0]), names.ids_of)


_Shown = Callable[[Any, Any, Callable[[Any], list[str | None]]], list[Any]]


def _links(columns: Any, places: Any, ids_of: Any) -> list[Any]:
    *link, source, target, identified, person, dropped, lib, version = columns
    owners = ids_of(source), ids_of(target)
    return [*places[:2], *link, *owners, identified, ids_of(person), dropped, places[2], lib, version]


def _warnings(columns: Any, places: Any, ids_of: Any) -> list[Any]:
    *warning, person, details, time, lib, version = columns
    return [*places[:2], *warning, ids_of(person), details, places[2], time, lib, version]


def _changes(columns: Any, places: Any, ids_of: Any) -> list[Any]:
    person, *change = columns
    return [*places[:2], ids_of(person), *change, places[2]]


def _held(columns: Any, places: Any, _: Any) -> list[Any]:
    *held, _before, existed = columns
    return [*places[:2], *held, existed, places[2]]


def _dropped(columns: Any, places: Any, _: Any) -> list[Any]:
    return [*places[:2], *columns, places[2]]


def _events(columns: Any, places: Any, ids_of: Any) -> list[Any]:
    *event, person, note, time, lib, version = columns
    persons = ids_of(person)
    if PERSONLESS in note:  # the platform writes the id that a person would have
        *_, teams, texts = event
        told = zip(persons, note, teams, texts, strict=True)
        persons = [
            person_uuid(team, text) if why == PERSONLESS and one is None else one
            for one, why, team, text in told
        ]
    return [*places[:2], *event, persons, note, places[2], time, lib, version]


_SHOWN: dict[str, _Shown] = {
    "links": _links,
    "warnings": _warnings,
    "property_changes": _changes,
    HELD: _held,
    "dropped": _dropped,
    EVENTS: _events,
}
