"""A copy of a run in which ids and all values of persons are pseudonyms, so that it can leave the house.

A pseudonym is a keyed hash: the same value has the same one under one key, and without the key nobody gets
from one to the other, nor can guess; person ids too, as they follow from distinct ids. The key is in no copy.
"""

import hmac
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from identity_cli.files.places import scratch_folder
from identity_cli.run_mark import DATABASE
from identity_cli.store import schema
from identity_cli.store.seal import seal
from identity_cli.tables.period_columns import id_hash, packed, unpacked

HEX_DIGITS = 16
"""Of a pseudonym: among a million ids two alike would be one in ten million."""
KEPT_KEYS = frozenset({"$lib", "$lib_version", "$os", "$browser", "$device_type"})
"""Properties whose values tell of programs, and of nobody."""
_IDS = {
    "distinct_ids": ("distinct_id",),
    "links": ("source_distinct_id", "target_distinct_id"),
    "warnings": ("distinct_id",),
    "held": ("distinct_id",),
    "dropped": ("distinct_id",),
    "persons": ("creator_distinct_id",),
    "attributed_events": ("distinct_id",),
    "shared_values": ("value", "partner"),
    "login_windows": ("anonymous_id", "before", "after"),
    "group_events": ("distinct_id",),
    "misplaced_keys": ("distinct_id", "other"),
}
_PERSON_IDS = {"persons": ("person_id",)}
_VALUES = {"persons": ("properties",), "links": ("dropped",)}
_WARNED = {"warnings": ("details",)}
_CHANGES = {"property_changes": ("changes",)}
_UUIDS = {"links": ("uuid",), "warnings": ("uuid",), "attributed_events": ("uuid",)}
"""Of these a pseudonym of the same form: a client can be asked for its events by them."""
_REMOVED = {"rejected": ("excerpt",), "internal_persons": ("reason",)}
_EMPTIED = ("finding_persons", "findings", "id_index", "landmarks", "remembered")
"""What was found is told in sentences that name ids; it is found again in the copy, by its pseudonyms. The
others find lines of a log that does not go along, by hashes that anybody can try ids against."""
REDACTED = "redacted"
SAFE = frozenset(
    {
        *("run.key", "run.value", "remembered.part", "sources.path", "sources.hash", "sources.dialect"),
        *(
            "senders.lib",
            "senders.lib_version",
            "shared_values.kind",
            "warnings.type",
            "finding_persons.code",
        ),
        *("links.event", "links.outcome", "links.lib", "links.lib_version", "property_changes.event"),
        *("warnings.lib", "warnings.lib_version", "rejected.reason", "dropped.reason"),
        *("refused_at_door.reason", "touching_nobody.event", "touching_nobody.reason"),
        *("attributed_events.event", "attributed_events.note"),
        *(
            "attributed_events.lib",
            "attributed_events.lib_version",
            "group_events.lib",
            "group_events.lib_version",
            "misplaced_keys.event",
            "misplaced_keys.key",
            "misplaced_keys.place",
            "misplaced_keys.lib",
            "misplaced_keys.lib_version",
        ),
    }
)
"""Columns of text that stay, beside times: names of events, libraries and files, and words of our own."""


@contextmanager
def redacted_copy(
    folder: Path, key: bytes, is_nobodys: Callable[[str], bool]
) -> "Iterator[tuple[Path, Pseudonyms]]":
    """The folder of a run, copied without what tells of persons, and the pseudonyms in it.

    key: a secret. is_nobodys: whether an id is but a word of a program, and stays.
    """
    names = Pseudonyms(key, is_nobodys)
    with scratch_folder() as scratch:
        copy = scratch / folder.name
        copy.mkdir()
        shutil.copyfile(folder / DATABASE, copy / DATABASE)
        with closing(sqlite3.connect(copy / DATABASE)) as database, database:
            _redact(database, names)
        seal(copy / DATABASE)
        yield copy, names


class Pseudonyms:
    """Values to pseudonyms, by a key."""

    def __init__(self, key: bytes, is_nobodys: Callable[[str], bool]) -> None:
        self._key = key
        self._is_nobodys = is_nobodys

    def _hash(self, kind: str, text: str) -> str:
        return hmac.new(self._key, f"{kind}:{text}".encode("utf-8", "surrogatepass"), sha256).hexdigest()

    def distinct_id(self, text: str | None) -> str | None:
        """Of a distinct id; those that are nobody's stay."""
        if not text or self._is_nobodys(text):
            return text
        return f"id-{self._hash('id', text)[:HEX_DIGITS]}"

    def uuid(self, text: str | None) -> str | None:
        """Of a person id, or an event's uuid, one of the same form."""
        return None if text is None else str(UUID(self._hash("uuid", text)[:32]))

    def value(self, value: Any) -> Any:
        """Of a property's value: true, false and null stay, all else does not."""
        if isinstance(value, dict):
            return {key: kept if key in KEPT_KEYS else self.value(kept) for key, kept in value.items()}
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if value is None or isinstance(value, bool) or value == "":
            return value
        return f"value-{self._hash('value', json.dumps(value))[:HEX_DIGITS]}"

    def details(self, text: str | None) -> str | None:
        """Of a JSON object."""
        return None if text is None else json.dumps(self.value(json.loads(text)), ensure_ascii=False)

    def warned(self, text: str | None) -> str | None:
        """Of what a warning says: ids."""
        if text is None:
            return None
        known = json.loads(text)
        return json.dumps(
            {key: self.distinct_id(one) if isinstance(one, str) else one for key, one in known.items()}
        )

    def changes(self, text: str) -> str:
        """Of what an event wrote: [[operation, key, value, replaced], ...]."""
        return json.dumps(
            [
                [operation, key, *(values if key in KEPT_KEYS else map(self.value, values))]
                for operation, key, *values in json.loads(text)
            ]
        )


def redacted_columns() -> set[str]:
    """Every column that is changed, as table.column."""
    plans = (_IDS, _PERSON_IDS, _UUIDS, _VALUES, _WARNED, _CHANGES, _REMOVED)
    emptied = {
        f"{table}.{column}" for table in ("findings",) for column in ("code", "severity", "record", "seqs")
    }
    return emptied | {
        f"{table}.{one}" for plan in plans for table, columns in plan.items() for one in columns
    }


def _redact(database: sqlite3.Connection, names: Pseudonyms) -> None:
    database.execute("PRAGMA secure_delete = ON")  # what is replaced would stay in the file, between its rows
    present = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for index in ("distinct_ids_by_id", "persons_by_id"):  # in the midst of it they would not be unique
        database.execute(f"DROP INDEX {index}")
    plans: Sequence[tuple[Mapping[str, tuple[str, ...]], Callable[[Any], Any]]] = (
        (_IDS, names.distinct_id),
        (_PERSON_IDS, names.uuid),
        (_UUIDS, names.uuid),
        (_VALUES, names.details),
        (_WARNED, names.warned),
        (_CHANGES, names.changes),
        (_REMOVED, lambda text: REDACTED),
    )
    _redact_periods(database, names)
    for number, (columns, change) in enumerate(plans):
        database.create_function(f"redact{number}", 1, change, deterministic=True)
        for table, names_of in columns.items():
            if table in present:
                cells = ", ".join(f"{column} = redact{number}({column})" for column in names_of)
                database.execute(f"UPDATE {table} SET {cells}")
    for table in (one for one in _EMPTIED if one in present):
        database.execute(f"DELETE FROM {table}")
    _redact_what_was_asked(database, names)
    for statement in schema.INDEXES.split(";\n"):
        if "distinct_ids_by_id" in statement or "persons_by_id" in statement:
            database.execute(statement.strip())


def _redact_periods(database: sqlite3.Connection, names: Pseudonyms) -> None:
    """Counts per hour know ids by hashes, which have to be those of the pseudonyms."""
    ids = database.execute("SELECT team_id, distinct_id FROM distinct_ids")
    hashes = {id_hash(team_id, one): id_hash(team_id, names.distinct_id(one) or "") for team_id, one in ids}
    for part, *columns in database.execute(
        "SELECT part, hours, senders, ids, events FROM periods"
    ).fetchall():
        hours, senders, owns, events = unpacked(columns)
        row = packed((hours, senders, [hashes.get(own, 0) for own in owns], events))
        database.execute("UPDATE periods SET ids = ? WHERE part = ?", (row[2], part))


def _redact_what_was_asked(database: sqlite3.Connection, names: Pseudonyms) -> None:
    """Ids among the options, and words of lines among the notices; and the mark that the log is another."""
    rows = dict(database.execute("SELECT key, value FROM run"))
    options = json.loads(rows["options"])
    options["left_out"] = []
    options["blocked_ids"] = [names.distinct_id(one) for one in options.get("blocked_ids") or ()]
    notices = json.loads(rows["notices"])
    for notice in notices.values():
        notice["what"] = REDACTED
    for key, value in (("options", options), ("notices", notices)):
        database.execute("UPDATE run SET value = ? WHERE key = ?", (json.dumps(value), key))
    # These name ids and hosts.
    database.execute("DELETE FROM run WHERE key IN ('verdict', 'audited_with', 'sites')")
    database.execute("INSERT INTO run VALUES (?, 'true')", (REDACTED,))
