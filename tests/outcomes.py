"""What became of a log, in one shape, whoever worked it out.

The resolver, a run's tables and the oracle each tell it in their own words; in this shape they can be
compared whole. Events are named by their place, from 0; persons by the distinct id they were made with.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import oracle
import vendor_oracle

from identity_cli import Run, facts
from identity_cli.dialects import posthog
from identity_cli.dialects.base import Wanted
from identity_cli.person_ids import person_uuid
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import rule_set
from identity_cli.rules.base import RuleSet
from identity_cli.rules.copying import names_to_read

csv.field_size_limit(1 << 30)


@dataclass
class Outcome:
    """What a log came to."""

    persons: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    merges: list[tuple[Any, ...]] = field(default_factory=list)
    at_ingestion: list[str | None] = field(default_factory=list)
    in_the_end: list[str | None] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    without_profile: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    journal: list[Any] = field(default_factory=list)  # facts: a test fails on one of another kind

    def person_of(self, distinct_id: str) -> dict[str, Any]:
        """The one person that has that distinct id."""
        (person,) = [person for person in self.persons if distinct_id in person["distinct_ids"]]
        return person

    def groups(self) -> list[list[str]]:
        """Which distinct ids are one person."""
        return sorted(person["distinct_ids"] for person in self.persons)

    def link_outcomes(self) -> list[str]:
        """What became of each wish to link."""
        return [link["outcome"] for link in self.links]

    def warning_types(self) -> list[str]:
        """What the platform would have warned about."""
        return [warning["type"] for warning in self.warnings]


# The resolver


def events_of(lines: Iterable[bytes | str], rules: RuleSet) -> list[Any]:
    """Lines as a reader would hand them to the resolver; fails on a line that is no event."""
    names = names_to_read(rules)
    wanted = Wanted(tuple(names))
    strict, lenient = posthog.decoder(wanted), posthog.lenient_decoder(wanted)
    events: list[Any] = []
    for line in lines:
        raw = line.encode() if isinstance(line, str) else line
        try:
            events.append(strict(raw) if b'"_links_as"' not in raw else None)
        except Exception:  # what the strict decoder may raise is its own affair
            events += lenient(raw)
        if events[-1] is None:  # it links as another, which a dialect says, and no line
            events[-1:] = lenient(raw)
            linking: Any = events[-1]
            linking.links_as = json.loads(raw)["_links_as"]
    return events


def wire(events: Iterable[Any]) -> list[bytes]:
    """Events as the lines of a log."""
    return [json.dumps(event).encode() for event in events]


def resolve(events: Iterable[Any], rules: str | RuleSet = "guide", **options: Any) -> Outcome:
    """What the resolver makes of events, given as JSON objects."""
    return resolve_lines(wire(events), rules, **options)


def resolve_lines(lines: Iterable[bytes | str], rules: str | RuleSet = "guide", **options: Any) -> Outcome:
    """What the resolver makes of lines."""
    rule_set_asked = rule_set(rules) if isinstance(rules, str) else rules
    resolver = PersonResolver(rule_set_asked, **{"attributing": True, **options})
    journal: list[Any] = []
    events = events_of(lines, rule_set_asked)
    for place, event in enumerate(events):
        journal += resolver.apply(place, event)
    journal += resolver.finish()
    return outcome_of(resolver, journal, len(events))


@dataclass
class IdLeft:
    """A distinct id as a resolver leaves it; person: the number of who stands for it."""

    person: int | None
    count: int
    seq: int
    joined: int
    joined_person: int | None
    first: datetime
    last: datetime


@dataclass
class PersonLeft:
    """A person as a resolver leaves it; survivor: who stands for one merged away, which has no ids then."""

    number: int
    team_id: int
    creator: str
    created_at: datetime | None
    made_at: datetime | None
    identified: int | None
    survivor: int | None
    properties: dict[str, Any]
    ids: list[str]

    @property
    def person_id(self) -> str:
        """The platform's."""
        return person_uuid(self.team_id, self.creator)


@dataclass
class Left:
    """Everybody as a resolver leaves them."""

    persons: dict[int, PersonLeft] = field(default_factory=dict)
    ids: dict[tuple[int, str], IdLeft] = field(default_factory=dict)

    @property
    def standing(self) -> list[PersonLeft]:
        """Those not merged away."""
        return [person for person in self.persons.values() if person.survivor is None]


def left_by(told: PersonResolver | Iterable[facts.Everybody]) -> Left:
    """Everybody, one by one; an id or a person that is told twice fails."""
    left = Left()
    for part in told.everybody(7) if isinstance(told, PersonResolver) else told:
        owners: list[tuple[int, int | None]] = []
        if isinstance(part, facts.IdsLeft):
            owners = [(team_id, None) for team_id in part.team_ids]
        else:
            for row, survivor in zip(zip(*part.merged, strict=True), part.survivors, strict=True):
                assert row[0] not in left.persons
                left.persons[row[0]] = PersonLeft(*(*row, survivor, {}, []))
            standing = zip(zip(*part.standing, strict=True), part.properties, part.id_counts, strict=True)
            for row, properties, id_count in standing:
                assert row[0] not in left.persons
                left.persons[row[0]] = PersonLeft(*(*row, None, properties, []))
                owners += [(row[1], row[0])] * id_count
        for (team_id, person), (text, *seen) in zip(owners, zip(*part.ids, strict=True), strict=True):
            assert (team_id, text) not in left.ids
            left.ids[team_id, text] = IdLeft(person, *seen)
            if person is not None:
                left.persons[person].ids.append(text)
    left.persons = dict(sorted(left.persons.items()))
    return left


def outcome_of(resolver: PersonResolver, journal: list[Any], events: int) -> Outcome:
    """The state and the journal of a resolver, as an outcome."""
    outcome = Outcome(journal=journal, at_ingestion=[None] * events, in_the_end=[None] * events)
    left = left_by(resolver)
    creators = {fact.person: fact.distinct_id for fact in journal if isinstance(fact, facts.PersonCreated)}
    owners = {key: creators[one.person] for key, one in left.ids.items() if one.person is not None}
    for person in left.standing:
        outcome.persons.append(
            {
                "team_id": person.team_id,
                "person_id": person.person_id,
                "creator": person.creator,
                "distinct_ids": sorted(person.ids),
                "is_identified": person.identified is not None,
                "properties": exact(person.properties),
                "created_at": moment_text(person.created_at),
            }
        )
    for fact in journal:
        match fact:
            case facts.EventAttributed():
                _add_attribution(outcome, fact, creators)
                if fact.note in (None, "personless"):
                    outcome.in_the_end[fact.seq] = owners.get((fact.team_id, fact.distinct_id))
            case facts.EventHeld():
                outcome.held.append(fact.seq)
            case facts.EventRejected():
                _add_failure(outcome, fact)
            case facts.IngestionWarning():
                outcome.warnings.append(warning_record(fact.seq, fact.type, fact.details))
            case facts.Linked():
                _add_link(outcome, fact, creators)
    outcome.held.sort()
    outcome.failed.sort()
    return outcome


def _add_attribution(outcome: Outcome, attributed: facts.EventAttributed, creators: dict[int, str]) -> None:
    seq = attributed.seq
    outcome.order.append(seq)
    if attributed.person is not None:
        outcome.at_ingestion[seq] = creators[attributed.person]
    elif attributed.note == "personless":  # the one that the id would have been made with
        outcome.at_ingestion[seq] = attributed.distinct_id
    if attributed.note is not None:
        (outcome.without_profile if attributed.note == "personless" else outcome.dropped).append(seq)


def _add_failure(outcome: Outcome, rejected: facts.EventRejected) -> None:
    outcome.failed.append(rejected.seq)
    if rejected.by_platform:  # it came so far
        outcome.order.append(rejected.seq)


def _add_link(outcome: Outcome, link: facts.Linked, creators: dict[int, str]) -> None:
    ids = link.source_distinct_id, link.target_distinct_id
    outcome.links.append(link_record(link.seq, *ids, str(link.outcome)))
    if link.source_person is not None and link.target_person is not None and link.outcome == "merged":
        outcome.merges.append((link.seq, *ids, creators[link.source_person], creators[link.target_person]))


# The tables of a run


def outcome_of_run(run: Run) -> Outcome:
    """A run made with NDJSON tables and events, as an outcome; what no table tells stays empty."""
    table = {name: rows_of(run, name) for name in ("persons", "links", "warnings", "events")}
    outcome = Outcome()
    for row in table["persons"]:
        outcome.persons.append(
            {
                **{key: row[key] for key in ("team_id", "person_id", "distinct_ids", "is_identified")},
                "creator": row["creator_distinct_id"],
                "properties": exact(row["properties"]),
                "created_at": row["created_at"],
            }
        )
    for row in table["warnings"]:
        outcome.warnings.append(warning_record(row["line"] - 1, row["type"], row["details"]))
    for row in table["links"]:
        ids = row["source_distinct_id"], row["target_distinct_id"]
        outcome.links.append(link_record(row["line"] - 1, *ids, row["outcome"]))
        if row["outcome"] == "merged":
            outcome.merges.append((row["line"] - 1, *ids, row["source_person_id"], row["target_person_id"]))
    lines = run.metadata["lines"]
    outcome.at_ingestion, outcome.in_the_end = [None] * lines, [None] * lines
    for row in table["events"]:
        outcome.at_ingestion[row["line"] - 1] = row["person_id_at_ingestion"]
        outcome.in_the_end[row["line"] - 1] = row["person_id"]
        if row["note"] is not None:
            (outcome.without_profile if row["note"] == "personless" else outcome.dropped).append(
                row["line"] - 1
            )
    outcome.failed = sorted(row["line"] - 1 for row in rows_of(run, "rejected"))
    return outcome


def rows_of(run: Run, table: str) -> list[dict[str, Any]]:
    """A table of a run folder, from its NDJSON file; a file that is not there has no rows."""
    path = Path(run.folder) / f"{table}.ndjson"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def csv_rows(path: Path) -> list[dict[str, str]]:
    """A table of a run folder, from its CSV file."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# The oracle


def oracle_outcome(events: Iterable[Any], rules: str | oracle.Rules, **options: Any) -> Outcome:
    """What the slow resolver makes of events."""
    is_vendors = isinstance(rules, str) and rules in vendor_oracle.RULES
    told = (vendor_oracle if is_vendors else oracle).resolve(events, rules, **options)
    creators = [person["creator_distinct_id"] for person in told.persons]
    return Outcome(
        persons=[
            {
                **{key: person[key] for key in ("team_id", "person_id", "distinct_ids", "is_identified")},
                "creator": person["creator_distinct_id"],
                "properties": exact(person["properties"]),
                "created_at": person["created_at"],
            }
            for person in told.persons
        ],
        warnings=[
            warning_record(warning["event"], warning["type"], warning["details"]) for warning in told.warnings
        ],
        links=[
            link_record(
                link["event"], link["source_distinct_id"], link["target_distinct_id"], link["outcome"]
            )
            for link in told.links
        ],
        at_ingestion=told.event_person_at_ingestion,
        in_the_end=[None if index is None else creators[index] for index in told.event_person],
        order=told.processed_order,
        held=sorted(told.held),
        failed=sorted(index for index, _ in told.failed),
        without_profile=told.without_profile,
        dropped=told.dropped,
    )


# Records in one spelling


def warning_record(event: int, warning_type: str, details: dict[str, Any]) -> dict[str, Any]:
    """A warning."""
    return {"event": event, "type": warning_type, "details": exact(details)}


def link_record(event: int, source: str, target: str, outcome: str) -> dict[str, Any]:
    """A wish to link, and its outcome."""
    return {"event": event, "source": source, "target": target, "outcome": outcome}


def exact(value: Any) -> Any:
    """The value such that == tells true from 1 as JSON does, but not 1.0 from 1."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    return value


def moment_text(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def people_of_ids(run: Run, ids: set[tuple[int, str]]) -> list[Any]:
    """All that a run knows of the persons of these ids, and of those that have none."""
    whose = {(team, one): person for team, one, person, *_ in run.records("distinct_ids")}
    persons = {whose[one] for one in ids}
    return sorted(
        [row for row in run.records("persons") if row[1] in persons]
        + [row[:4] for row in run.records("distinct_ids") if row[:2] in ids],
        key=repr,
    )
