"""The platform's own answer to who is who, read from its exports: which distinct id is on which person.

Two exports tell it: that of persons, of which each id's row with the highest
`person_distinct_id_version` counts, and events that carry their `person_id`, of which each id's latest
counts. Files are read as logs are: JSON lines, CSV, Parquet, what an API answers, plain, compressed or
in an archive.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from identity_cli.dialects.base import Unusable
from identity_cli.dialects.json_lines import id_from, object_of, team_from
from identity_cli.errors import NoAnswer
from identity_cli.files.folders import expand
from identity_cli.files.opening import rows_of
from identity_cli.values.javascript import text as as_text
from identity_cli.values.times import parse_time

PERSONLESS = "propertyless"
_NOT_DELETED = (None, False, "", "0", "false", "False", "FALSE")
"""How an export says that a row counts; a table as text has no other words for it."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

Progress = Callable[[int], None]
"""Told how many bytes of the export at hand were read."""
Key = tuple[int, str]
"""Team and distinct id."""


@dataclass(slots=True)
class Answer:
    """Who is who, by the platform.

    person_ids: per team and distinct id. several: ids whose events name more than one person, as the
    platform leaves them until it rewrites merged events. unusable: lines that tell nothing.
    """

    person_ids: dict[Key, str] = field(default_factory=dict)
    several: set[Key] = field(default_factory=set)
    rows: int = 0
    unusable: int = 0
    ranks: dict[Key, Any] = field(default_factory=dict)

    def take(self, key: Key, person_id: str, rank: Any) -> None:
        """A row that puts an id on a person; the highest rank counts, of equals the later row."""
        known = self.ranks.get(key)
        if known is None or rank >= known:
            self.person_ids[key], self.ranks[key] = person_id, rank


def persons_answer(paths: Iterable[str], team_id: int, on_progress: Progress | None = None) -> Answer:
    """What exports of persons say; team_id: of rows that name none."""
    answer, deleted = Answer(), set[Key]()
    for row in _rows(paths, answer, on_progress):
        key = _key(row, team_id)
        version = row.get("person_distinct_id_version")
        if key is None or not isinstance(row.get("person_id"), str):
            answer.unusable += 1
            continue
        before = answer.ranks.get(key)
        answer.take(key, row["person_id"].lower(), _number(version))
        if answer.ranks[key] != before or before is None:
            (deleted.add if row.get("is_deleted") not in _NOT_DELETED else deleted.discard)(key)
    for key in deleted:
        del answer.person_ids[key]
    return _found(answer, "person_id and distinct_id")


def events_answer(paths: Iterable[str], team_id: int, on_progress: Progress | None = None) -> Answer:
    """What events that carry a person_id say; those without a profile say nothing."""
    answer = Answer()
    for row in _rows(paths, answer, on_progress):
        key, person_id = _key(row, team_id), row.get("person_id")
        if row.get("person_mode") == PERSONLESS:
            continue
        if key is None or not isinstance(person_id, str) or not person_id:
            answer.unusable += 1
            continue
        if answer.person_ids.get(key, person_id.lower()) != person_id.lower():
            answer.several.add(key)
        answer.take(key, person_id.lower(), parse_time(row.get("timestamp")) or _LONG_AGO)
    return _found(answer, "person_id, distinct_id and timestamp")


def _number(version: Any) -> int:
    """A version, which some warehouses write as text or with a fraction."""
    try:
        return int(version)
    except (TypeError, ValueError, OverflowError):
        return 0


def _found(answer: Answer, needed: str) -> Answer:
    if not answer.person_ids:
        raise NoAnswer(answer.rows, needed)
    return answer


def _key(row: dict[str, Any], team_id: int) -> Key | None:
    distinct_id = id_from(row.get("distinct_id"))
    try:
        own = team_from(row.get("team_id"))
    except Unusable:
        return None
    return None if distinct_id is None else (team_id if own is None else own, as_text(distinct_id))


def _rows(paths: Iterable[str], answer: Answer, on_progress: Progress | None) -> Iterator[dict[str, Any]]:
    for file in expand(paths):
        for line in rows_of(*file, on_progress=on_progress):
            if not line.strip():
                continue
            answer.rows += 1
            try:
                yield object_of(line)
            except Unusable:
                answer.unusable += 1
