"""What would have been, held against the oracle on the log as somebody would have edited it."""

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import oracle
import pytest
from lanes import first_quick
from nasty_logs import GOOD_IDS, nasty_log
from test_whatif import neutral

from identity_cli import Change, Run, replay, verify, whatif
from identity_cli.errors import NotYetSeen
from identity_cli.replaying.again.shortened_log import ShortenedLog
from identity_cli.reports.as_of import person_as_of

Event = dict[str, Any]
Key = tuple[int, str]
Persons = dict[Key, str]
SEEDS = first_quick(range(24))


class Log:
    """A random log in a file, some lines of it repeated, and its run; the oracle replays it as edited."""

    def __init__(self, seed: str, folder: Path) -> None:
        self.random = Random(f"changed {seed}")
        self.rules = seed.partition(" ")[0]
        self.buffer = self.random.choice([None, None, 0])
        self.dedupe = self.random.random() < 0.3
        self.events = nasty_log(self.random, self.random.choice([8, 14, 22]))
        for _ in range(self.random.randint(0, 3)):
            at = self.random.randrange(len(self.events))
            self.events.insert(self.random.randint(at + 1, len(self.events)), self.events[at])
        self.folder = folder
        self.path = folder / "log.ndjson"
        self.path.write_text("".join(json.dumps(event) + "\n" for event in self.events))
        self.run = self.replay(self.path)

    def replay(self, path: Path, **options: Any) -> Run:
        options = {"buffer": self.buffer, "dedupe": self.dedupe, "table_formats": (), **options}
        return replay(path, self.folder / f"run {self.random.random()}", self.rules, **options)

    def resolved(self, events: list[Event], without: set[int] | None = None) -> Any:
        """What the oracle makes of edited events: numbered from 1, some left out, repeats skipped."""
        without, seen, kept = without or set(), set(), []
        for seq, event in enumerate(events, 1):
            sent = event["uuid"], json.dumps([event["event"], event["distinct_id"], event.get("team_id")])
            if seq in without:
                kept.append((seq, neutral(event)))
            elif not (self.dedupe and sent in seen):
                seen.add(sent)
                kept.append((seq, event))
        found = oracle.resolve((event for _, event in kept), self.rules, buffer_seconds=self.buffer)
        links = {kept[link["event"]][0]: link["outcome"] for link in found.links}
        return persons_of(found.persons), links

    def live(self) -> list[int]:
        """The numbers of events of ids that nobody has doubts about."""
        return [seq for seq, event in enumerate(self.events, 1) if event["distinct_id"] in GOOD_IDS]

    def at(self, seq: int) -> str:
        return f"{self.path}:{seq}"


def persons_of(persons: list[dict[str, Any]]) -> Persons:
    return {
        (person["team_id"], one): person["person_id"]
        for person in persons
        for one in person["distinct_ids"]
        if one != "somebody else"
    }


def changed(before: Persons, after: Persons) -> tuple[set[str], set[str]]:
    """The persons that are not the same, of either answer, by the ids that both know."""
    cells = {(before[key], after[key]) for key in before.keys() & after.keys()}
    news, olds = defaultdict(set), defaultdict(set)
    for old, new in cells:
        news[old].add(new)
        olds[new].add(old)
    same = {(old, new) for old, new in cells if len(news[old]) == len(olds[new]) == 1}
    return set(before.values()) - {old for old, _ in same}, set(after.values()) - {new for _, new in same}


def partition(persons: Persons) -> set[frozenset[Key]]:
    groups: dict[str, set[Key]] = defaultdict(set)
    for key, person in persons.items():
        groups[person].add(key)
    return set(map(frozenset, groups.values()))


def told(run: Run) -> Persons:
    return {(team, one): person for one, team, _, person in run.members()}


@pytest.fixture(params=oracle.RULE_SETS)
def log(request: pytest.FixtureRequest, seed: int, tmp_path: Path) -> Log:
    return Log(f"{request.param} {seed}", tmp_path)


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def check(log: Log, change: Change, edited: tuple[Persons, dict[int, str]], gone: set[int]) -> None:
    """That a what-if says what became of persons and links."""
    found = whatif(log.run, change)
    (before, links), (after, flipped) = log.resolved(log.events), edited
    olds, news = changed(before, after)
    assert {old for one in found.comparison.changes for old in one.old} == olds
    assert {new for one in found.comparison.changes for new in one.new} == news
    assert found.persons == (len(set(before.values())), len(set(after.values())))
    assert {flip.origin.line: (flip.before, flip.after) for flip in found.flips} == {
        seq: (links.get(seq, "no link"), flipped.get(seq, "no link"))
        for seq in links.keys() | flipped.keys()
        if seq not in gone and links.get(seq) != flipped.get(seq)
    }


def test_events_left_out_and_the_repeats_that_count_for_them(log: Log) -> None:
    for many in (1, 2):
        gone = set(log.random.sample(range(1, len(log.events) + 1), many))
        gone = {seq for seq in gone if log.events[seq - 1]["distinct_id"] not in (None, "")}
        if gone:
            change = Change(without=tuple(map(log.at, gone)))
            check(log, change, log.resolved(log.events, gone), gone)


def device_of(log: Log, links: dict[int, Any], seq: int) -> tuple[int, str] | None:
    """Whose device an event is of: the other id of a link, else its own; None if that is an odd one.

    Of two own ids, at the top and inside, it is the one that counted.
    """
    event, rules = log.events[seq - 1], oracle.RULE_SETS[log.rules]
    key = "$anon_distinct_id" if event["event"] == "$identify" else "alias"
    one = event["properties"].get(key) if seq in links else oracle.own_id(event, rules)
    team = 1 if event.get("team_id") is None else event["team_id"]
    is_plain = isinstance(one, str) and "\0" not in one and len(one) <= oracle.LONGEST_SENT_ID
    return (team, one) if is_plain else None


def reset(log: Log, events: list[Event], seq: int, device: tuple[int, str]) -> list[Event]:
    """The log had the device been given a new id before an event: it sends that wherever it sent the old."""
    team, one = device
    names = "distinct_id", "$anon_distinct_id", "alias", "$device_id"

    def renamed(event: Event) -> Event:
        if (1 if event.get("team_id") is None else event["team_id"]) != team:
            return event
        inside = event["properties"]
        changes = {name: f"{one} after reset at {log.at(seq)}" for name in names if inside.get(name) == one}
        own = f"{one} after reset at {log.at(seq)}" if event["distinct_id"] == one else event["distinct_id"]
        return {**event, "distinct_id": own, "properties": {**inside, **changes}}

    return [event if at < seq else renamed(event) for at, event in enumerate(events, 1)]


def test_resets_give_devices_new_ids(log: Log) -> None:
    """Several of one device, and devices whose id nobody can have, among them."""
    links = log.resolved(log.events)[1]
    skipped = told_seqs(log)
    seqs = [seq for seq in log.live() if device_of(log, links, seq) and seq not in skipped]
    for many in (1, 2, 2):
        if len(seqs) >= many:
            # The last first: until then names stay.
            asked = sorted(log.random.sample(seqs, many), reverse=True)
            events = log.events
            for seq in asked:
                device = device_of(log, links, seq)
                assert device is not None
                events = reset(log, events, seq, device)
            check(log, Change(resets=tuple(map(log.at, asked))), log.resolved(events), set())


def told_seqs(log: Log) -> set[int]:
    """Repeats, of which a run has no link that would name their device."""
    uuids = [one["uuid"] for one in log.events]
    return {seq for seq, uuid in enumerate(uuids, 1) if uuid in uuids[: seq - 1]}


def test_a_shortened_log_replays_as_the_replay_that_leaves_out(log: Log) -> None:
    gone = tuple(map(log.at, sorted(log.random.sample(range(1, len(log.events) + 1), 3))))
    applied = log.replay(log.path, left_out=gone)
    shortened = log.folder / "shortened.ndjson"
    shortened.write_bytes(b"".join(ShortenedLog(log.run, gone).lines()))
    assert partition(told(applied)) == partition(told(log.replay(shortened)))


def test_as_of_a_line_what_waits_still_waits(log: Log) -> None:
    if log.dedupe:
        return
    rules = oracle.RULE_SETS[log.rules]
    state = oracle.Replay(
        rules if log.buffer is None else replace(rules, buffer_seconds=log.buffer), team_id=1
    )
    final = told(log.run)
    for index, event in enumerate(log.events):
        state.out.event_person_at_ingestion.append(None)
        state.arrive(index, event)
        for team, one in log.random.sample(sorted(final), min(2, len(final))):
            person = state.find_person(team, one)
            try:
                found = person_as_of(log.run, one, log.at(index + 1), team)
            except NotYetSeen:
                assert person is None
            else:
                assert person is not None
                assert found.person_id == oracle.person_id(person)
                assert sorted(found.distinct_ids) == sorted(person.distinct_ids)


def test_replay_and_export_part_at_the_first_line_that_joins_what_the_export_has_apart(log: Log) -> None:
    whole = told(log.run)
    joined = [group for group in partition(whole) if len(group) > 1]
    if not joined or log.buffer is None:
        return
    group = sorted(log.random.choice(sorted(joined, key=sorted)))
    there = {**whole, log.random.choice(group): "11111111-1111-1111-1111-111111111111"}
    export = log.folder / "export.jsonl"
    rows = [{"team_id": team, "distinct_id": one, "person_id": who} for (team, one), who in there.items()]
    export.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (parting,) = verify(log.run, persons=[str(export)]).partings
    for line in range(1, len(log.events) + 1):
        so_far = log.resolved(log.events[:line])[0]
        here: dict[str, set[str]] = defaultdict(set)
        for key in group:
            if key in so_far:
                here[so_far[key]].add(there[key])
        if any(len(persons) > 1 for persons in here.values()):
            assert parting.origin is not None
            assert parting.origin.line == line
            return
    raise AssertionError("the log never joins them")
