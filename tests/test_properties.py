"""What holds for every log: hypothesis looks for one for which it does not.

A log is a seed and the places of the events to keep, so what fails shrinks to few events. The examples are
the same every time; HYPOTHESIS_PROFILE=random draws new ones.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nasty_logs import nasty_log
from outcomes import csv_rows, events_of, exact, left_by, rows_of, wire

from identity_cli import Run, replay
from identity_cli.facts import EventHeld, Linked, PersonIdentified
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import RULE_SETS
from identity_cli.rules.base import Profile

settings.register_profile("same", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("many", max_examples=200, deadline=None, derandomize=True)
settings.register_profile("random", max_examples=300, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

LENGTH = 80
GARBAGE = [
    *(
        b"",
        b"  ",
        b"{",
        b"[]",
        b"\xff",
        b'{"event": ""}',
        b'{"event": "e"}',
        b'{"event": "e", "distinct_id": ""}',
    ),
    b'{"event": "e", "distinct_id": "ada", "properties": {"$set": {"k": NaN}}}',
    b'{"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "bob", "$unset": 1}}',
]
TABLES = ("persons", "distinct_ids", "links", "warnings", "events")

MAY_BE_EMPTY: dict[str, Any] = {"may_be_empty": True}


def kept(seed: int, places: set[int]) -> list[dict[str, Any]]:
    log = nasty_log(Random(seed), LENGTH)
    return [log[place] for place in sorted(places)]


seeds = st.integers(0, 2**20)
logs = st.builds(kept, seeds, st.sets(st.integers(0, LENGTH - 1), max_size=LENGTH))
rule_sets = st.sampled_from(list(RULE_SETS))


@st.composite
def lines(draw: st.DrawFn) -> list[bytes]:
    """A log with lines among it that are no events."""
    log = wire(draw(logs))
    places = st.tuples(st.integers(0, LENGTH), st.sampled_from(GARBAGE))
    for place, garbage in draw(st.lists(places, max_size=8)):
        log.insert(place, garbage)
    return log


# Same input, same bytes


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@given(log=lines(), rules=rule_sets)
@settings(max_examples=15)
def test_same_input_same_bytes(log: list[bytes], rules: str) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "log.ndjson"
        path.write_bytes(b"\n".join(log))
        options: dict[str, Any] = {"rules": rules, "with_events": True, "table_formats": ("csv", "ndjson")}
        first = contents(Path(replay(path, run=Path(name) / "run", **MAY_BE_EMPTY, **options).folder))
        again = contents(Path(replay(path, run=Path(name) / "again", **MAY_BE_EMPTY, **options).folder))
    assert first.keys() == again.keys()
    for file, content in first.items():
        assert content == again[file], file


SCRIPT = """
import sys
from identity_cli import replay
from identity_cli.rules import RULE_SETS
for rules in RULE_SETS:
    options = {"rules": rules, "with_events": True, "table_formats": ("csv", "ndjson")}
    replay("log.ndjson", run=sys.argv[1] + rules, **options)
"""


@pytest.mark.slow
def test_same_bytes_from_another_process_with_another_hash_seed(tmp_path: Path) -> None:
    log = [event for seed in range(8) for event in nasty_log(Random(seed), 200)]
    (tmp_path / "log.ndjson").write_bytes(b"\n".join(wire(log) + GARBAGE))
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "UTC" if seed == "1" else "Asia/Tokyo"}
        subprocess.run(
            [sys.executable, "-c", SCRIPT, f"run{seed}-"], cwd=tmp_path, env=environment, check=True
        )
    for rules in RULE_SETS:
        first, second = contents(tmp_path / f"run1-{rules}"), contents(tmp_path / f"run2-{rules}")
        assert {
            "run.db",
            "persons.csv",
            "events.ndjson",
            "merge_graph.dot",
            "rejected.ndjson",
        } <= first.keys()
        assert [name for name in first if first[name] != second[name]] == []
        assert first.keys() == second.keys()


# The books


@given(log=lines(), rules=rule_sets, buffer=st.sampled_from([None, 0, 60]))
def test_the_books_balance(log: list[bytes], rules: str, buffer: float | None) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "log.ndjson"
        path.write_bytes(b"\n".join(log))
        told: dict[str, Any] = {"with_events": True, "table_formats": ("ndjson",), **MAY_BE_EMPTY}
        run = replay(path, Path(name) / "run", rules, buffer, **told)
        for what, total, parts in run.books():
            assert total == sum(parts.values()), (what, total, parts)
        table = {name: rows_of(run, name) for name in (*TABLES, "rejected")}
        about = run.metadata
    # The same sums from the tables, which the books were not made from.
    blank = sum(not line.strip() for line in path_lines(log))
    assert about["lines"] == len(path_lines(log))
    assert about["blank"] == blank
    assert about["lines"] == len(table["events"]) + len(table["rejected"]) + blank
    on_persons = sum(row["event_count"] for row in table["persons"])
    without = sum(row["event_count"] for row in table["distinct_ids"] if row["person_id"] is None)
    dropped = sum(row["note"] not in (None, "personless") for row in table["events"])
    assert len(table["events"]) == on_persons + without + dropped
    assert about["links"] == len(table["links"])


def path_lines(log: list[bytes]) -> list[bytes]:
    """The lines of a file with these lines in it: an empty one at its end is none."""
    return b"\n".join(log).splitlines() if log else []


# A then B is their concatenation


@given(log=lines(), rules=rule_sets, cut=st.integers(0, LENGTH))
@settings(max_examples=40)
def test_two_files_are_one_log(log: list[bytes], rules: str, cut: int) -> None:
    options: Any = {"rules": rules, "with_events": True, "table_formats": ("ndjson",)}
    with TemporaryDirectory() as name:
        folder = Path(name)
        parts = {"a": log[:cut], "b": log[cut:], "whole": log}
        for part, its_lines in parts.items():
            (folder / part).write_bytes(b"".join(line + b"\n" for line in its_lines))
        split = replay([folder / "a", folder / "b"], run=folder / "split", **MAY_BE_EMPTY, **options)
        whole = replay(folder / "whole", run=folder / "run", **MAY_BE_EMPTY, **options)
        for table in (*TABLES, "rejected"):
            ours, theirs = placeless(rows_of(split, table)), placeless(rows_of(whole, table))
            assert ours == theirs, table
            if table == "rejected" or len(parts["a"]) != len(log[:cut]):
                continue
            for row, other in zip(rows_of(split, table), rows_of(whole, table), strict=True):
                if "line" in row:
                    offset = 0 if Path(row["file"]).name == "a" else len(log[:cut])
                    assert row["line"] + offset == other["line"]


def placeless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key not in ("file", "line")} for row in rows]


# Ids and persons


@given(log=logs, rules=rule_sets)
def test_ids_once_together_stay_together_and_none_is_lost(log: list[Any], rules: str) -> None:
    resolver = PersonResolver(RULE_SETS[rules])
    before: dict[tuple[int, str], int] = {}
    for seq, event in enumerate(events_of(wire(log), RULE_SETS[rules])):
        resolver.apply(seq, event)
        now = owners(resolver)
        assert before.keys() <= now.keys(), "an id was lost"
        groups: dict[int, set[int]] = {}
        for key, person in before.items():
            groups.setdefault(person, set()).add(now[key])
        assert all(len(together) == 1 for together in groups.values()), "a person was torn"
        before = now


def owners(resolver: PersonResolver) -> dict[tuple[int, str], int]:
    """The standing person of each id."""
    return {key: seen.person for key, seen in left_by(resolver).ids.items() if seen.person is not None}


@given(log=logs, rules=rule_sets)
def test_every_distinct_id_is_on_exactly_one_person(log: list[Any], rules: str) -> None:
    with TemporaryDirectory() as name:
        told: dict[str, Any] = {"table_formats": ("ndjson", "csv"), **MAY_BE_EMPTY}
        run = replay(log, run=Path(name) / "run", rules=rules, **told)
        persons, ids = rows_of(run, "persons"), rows_of(run, "distinct_ids")
        in_csv = csv_rows(run.folder / "distinct_ids.csv")
    of_persons = {
        (row["team_id"], distinct_id): row["person_id"]
        for row in persons
        for distinct_id in row["distinct_ids"]
    }
    of_ids = {(row["team_id"], row["distinct_id"]): row["person_id"] for row in ids}
    assert len(of_ids) == len(ids) == len(in_csv)
    assert sum(len(row["distinct_ids"]) for row in persons) == len(of_persons)
    assert {key: person for key, person in of_ids.items() if person is not None} == of_persons
    assert all(row["distinct_ids"] == sorted(row["distinct_ids"]) for row in persons)
    assert all(row["creator_distinct_id"] in row["distinct_ids"] for row in persons)


# The journal


JOURNAL = """
SELECT coalesce(h.released_before, j.seq) AS moment, j.seq, j.step, j.person, j.source, j.detail FROM (
    SELECT seq, 0 AS step, rowid AS place, target_person AS person, source_person AS source, dropped AS detail
    FROM links WHERE outcome = 'merged'
    UNION ALL
    SELECT seq, 1, rowid, person, NULL, changes FROM property_changes
) j LEFT JOIN held h USING (seq) ORDER BY moment, j.seq, j.step, j.place
"""


@given(log=logs, rules=rule_sets)
def test_properties_are_a_fold_of_the_journal(log: list[Any], rules: str) -> None:
    with TemporaryDirectory() as name:
        run = replay(log, run=Path(name) / "run", rules=rules, **MAY_BE_EMPTY)
        persons = run.database.execute("SELECT person, survivor, properties FROM persons").fetchall()
        journal = run.database.execute(JOURNAL).fetchall()
        run.database.close()
    state: dict[int, dict[str, Any]] = {person: {} for person, _, _ in persons}
    for _, _, _, person, source, detail in journal:
        if source is not None:
            merge(state, (source, person), json.loads(detail or "{}"), RULE_SETS[rules].merged_profile)
        else:
            write(state[person], json.loads(detail))
    for person, survivor, properties in persons:
        if survivor is None:
            assert exact(state[person]) == exact(json.loads(properties))


def merge(
    state: dict[int, dict[str, Any]], ends: tuple[int, int], dropped: dict[str, Any], profile: Profile
) -> None:
    source, target = ends
    theirs, mine = state.pop(source), state[target]
    lost = {key: value for key, value in theirs.items() if key in mine and exact(mine[key]) != exact(value)}
    if profile is Profile.TARGETS or (profile is Profile.ONE and mine):
        lost = theirs
    assert exact(lost) == exact(dropped)
    state[target] = {**{key: value for key, value in theirs.items() if key not in lost}, **mine}


def write(properties: dict[str, Any], changes: list[list[Any]]) -> None:
    for operation, key, value, *replaced in changes:
        assert operation in ("set", "set_once", "unset")
        assert exact(replaced) == exact([properties[key]] if key in properties else [])
        assert operation != "set_once" or not replaced
        if operation == "unset":
            del properties[key]
        else:
            properties[key] = value


@given(log=logs, rules=rule_sets)
def test_the_facts_alone_suffice_to_rebuild_who_is_who(log: list[Any], rules: str) -> None:
    resolver = PersonResolver(RULE_SETS[rules])
    journal: list[Any] = []
    for seq, event in enumerate(events_of(wire(log), RULE_SETS[rules])):
        journal += resolver.apply(seq, event)
    journal += resolver.finish()
    ids: dict[int, list[str]] = {}
    identified: set[int] = set()
    for fact in journal:
        match type(fact).__name__:
            case "PersonCreated":
                ids[fact.person] = [fact.distinct_id]
            case "DistinctIdAttached":
                ids[fact.person].append(fact.distinct_id)
            case "PersonIdentified":
                identified.add(fact.person)
            case "Linked" if fact.outcome == "merged":
                ids[fact.target_person] += ids.pop(fact.source_person)
                identified.discard(fact.source_person)
    standing = left_by(resolver).standing
    assert set(ids) == {person.number for person in standing}
    assert identified == {person.number for person in standing if person.identified is not None}
    of_state = Counter(owners(resolver).values())
    assert {person: len(own) for person, own in ids.items()} == of_state


def test_the_random_logs_hold_what_these_properties_are_about(tmp_path: Path) -> None:
    log = [event for seed in range(10) for event in nasty_log(Random(seed), LENGTH)]
    run: Run = replay(log, run=tmp_path / "run", rules="2022-12")
    for what in ("merges", "warnings", "held", "rejected"):
        assert run.count(what) > 5, what
    assert run.database.execute("SELECT count(*) FROM links WHERE dropped IS NOT NULL").fetchone()[0] > 2
    run.database.close()


@pytest.mark.parametrize("rules", RULE_SETS)
def test_feeding_blocks_or_single_events_is_the_same(rules: str) -> None:
    log = [event for seed in range(5) for event in nasty_log(Random(seed), LENGTH)]
    events = events_of(wire(log), RULE_SETS[rules])
    one, all_at_once = PersonResolver(RULE_SETS[rules]), PersonResolver(RULE_SETS[rules])
    journal = [fact for seq, event in enumerate(events) for fact in one.apply(seq, event)]
    assert journal == all_at_once.apply_all(0, events)
    assert one.finish() == all_at_once.finish()


@pytest.mark.parametrize("rules", RULE_SETS)
def test_no_event_waits_that_links_or_identifies(rules: str) -> None:
    told: list[Any] = []
    for seed in range(8):
        resolver = PersonResolver(RULE_SETS[rules], buffer_seconds=60)
        events = events_of(wire(nasty_log(Random(seed), LENGTH)), RULE_SETS[rules])
        told += [(seed, fact) for fact in resolver.apply_all(1, events) + resolver.finish()]
    held = {(seed, fact.seq) for seed, fact in told if isinstance(fact, EventHeld)}
    link = {(seed, fact.seq) for seed, fact in told if isinstance(fact, Linked | PersonIdentified)}
    assert held
    assert link
    assert not held & link
