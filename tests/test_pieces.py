"""A log in pieces comes to what it comes to as a whole: read in blocks, replayed in parts, joined again."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby, pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from nasty_logs import nasty_log
from outcomes import Left, events_of, left_by, wire

from identity_cli import facts
from identity_cli.dialects import posthog
from identity_cli.dialects.base import Unusable, Wanted
from identity_cli.outcomes import Outcome
from identity_cli.pieces.blocks import Block, Probe, Row, Step, places
from identity_cli.pieces.component import replayed
from identity_cli.pieces.edges import Key, components, connected
from identity_cli.pieces.joining import JoinedJournal
from identity_cli.pieces.log_clock import LogClock
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import RULE_SETS
from identity_cli.rules.base import RuleSet
from identity_cli.rules.copying import names_to_read
from identity_cli.store.writing.journal_writer import JournalWriter
from identity_cli.tables.people import people_of

Events = Sequence[Any]
"""One for each seq; None for a line that is no event."""


def whole(events: Events, rules: RuleSet, **options: Any) -> tuple[list[facts.Fact], Left]:
    """The journal and everybody of a log, replayed at once."""
    resolver = PersonResolver(rules, **options)
    journal: list[facts.Fact] = []
    for seq, one in enumerate(events, 1):
        for link in () if one is None else one.links:
            journal += resolver.link(seq, link)
        journal += [] if one is None else resolver.apply(seq, one)
    return journal + resolver.finish(), left_by(resolver)


def rows_of(events: Events, rules: RuleSet, random: Random) -> list[Row]:
    """The rows of a log, read in blocks of any size, the last block first."""
    cuts = sorted(random.choices(range(len(events) + 1), k=random.choice([0, 1, 5, 40])))
    blocks = [
        Block(events[start:stop], rules, 1)
        for start, stop in zip([0, *cuts], [*cuts, len(events)], strict=True)
    ]
    rows = [[*block] for block in reversed(blocks)][::-1]
    starts = places(block.end for block in blocks)
    return [row.placed(place) for place, some in zip(starts, rows, strict=True) for row in some]


def parts_of(rows: Iterable[Row], random: Random, most: int) -> Iterator[list[Row]]:
    """The rows of components, some of which share a part."""
    rows = [*rows]
    named = components(edge for row in rows if isinstance(row, Step) for edge in row.edges)
    parts: dict[Key | None, int] = {}

    def part(row: Row) -> int:
        component = None if row.key is None else named.get(row.key, row.key)
        return parts.setdefault(component, random.randrange(most))

    yield from ([*some] for _, some in groupby(sorted(rows, key=part), part))


def clock_of(rows: Iterable[Row]) -> LogClock:
    """The clock of a whole log."""
    clock = LogClock()
    for row in rows:
        if isinstance(row, Step):
            clock.see(row.seq, row.clock_after)
    return clock


def in_pieces(
    events: Events, rules: RuleSet, random: Random, most: int = 200, **options: Any
) -> tuple[list[facts.Fact], Left]:
    """The same of its pieces; most: of parts."""
    rows = rows_of(events, rules, random)
    parts = [*parts_of(rows, random, most)]
    resolvers = [PersonResolver(rules, **options) for _ in parts]
    told = [replayed(one, part) for one, part in zip(resolvers, parts, strict=True)]
    joined = JoinedJournal(told, clock_of(rows))
    journal = [*joined]
    everybody = [left for n, one in enumerate(resolvers) for left in joined.everybody(n, one.everybody(7))]
    return journal, left_by(everybody)


def nasty_events(random: Random, rules: RuleSet) -> Events:
    """Events of a random log, lines between them that are none, and events with links beside them."""
    log = nasty_log(random, random.choice([5, 60, 150]))
    decode = posthog.lenient_decoder(Wanted(tuple(names_to_read(rules))))
    events: list[Any] = [event for line in wire(log) for event in decode(line)]
    for one, link in pairwise(events):
        if random.random() < 0.1:
            link.distinct_id, link.properties.distinct_id = one.distinct_id, one.properties.distinct_id
            link.team_id = one.team_id
            one.links = (link,)
    return [None if random.random() < 0.03 else event for event in events]


@pytest.mark.parametrize("rules", RULE_SETS)
def test_pieces_come_to_what_the_whole_does(rules: str) -> None:
    random, seen = Random(rules), Counter[str]()
    for _ in range(12):
        events = nasty_events(random, RULE_SETS[rules])
        most = random.choice([1, 3, 200])
        options = {"buffer_seconds": random.choice([None, 0, 60, 20.5]), "attributing": random.random() < 0.5}
        journal, left = whole(events, RULE_SETS[rules], **options)
        told, told_left = in_pieces(events, RULE_SETS[rules], random, most, **options)
        assert told == journal
        assert told_left == left
        seen.update(type(fact).__name__ for fact in journal)
    assert seen["Linked"] > 20


GUIDE = RULE_SETS["guide"]
NOW = "2023-03-08T12:{}Z"


def event(own: str, at: str, name: str = "purchase", **properties: Any) -> dict[str, Any]:
    return {"event": name, "distinct_id": own, "now": NOW.format(at), "properties": properties}


def pieces_of(*log: dict[str, Any]) -> list[facts.Fact]:
    """The journal of a log, wherever it is cut; it is that of the whole."""
    events = events_of(wire(log), GUIDE)
    journal, _ = whole(events, GUIDE, buffer_seconds=60)
    for seed in range(20):
        assert in_pieces(events, GUIDE, Random(seed), 1000, buffer_seconds=60)[0] == journal
    return journal


def test_an_event_is_let_go_by_the_clock_of_others_before_its_id_is_linked() -> None:
    journal = pieces_of(
        event("ada", "00:00"),
        event("bob", "05:00"),
        event("ada", "00:30", "$identify", **{"$anon_distinct_id": "anon"}),
    )
    (held,) = [fact for fact in journal if isinstance(fact, facts.EventHeld) and fact.seq == 1]
    assert (held.released_before, held.person_existed) == (2, False)


def test_the_clock_of_a_block_is_that_of_all_before_it() -> None:
    early, late, behind = events_of(
        wire([event("a", "00:00"), event("b", "05:00"), event("c", "01:00")]), GUIDE
    )
    blocks = [Block([one], GUIDE, 1) for one in (early, late, behind)]
    rows = [[*block] for block in blocks]
    third = [*places(block.end for block in blocks)][2]
    assert rows[2][0].placed(third).clock == late.now
    assert third.seqs == 2


def test_a_link_in_vain_is_told_whose_the_other_id_was_just_then() -> None:
    journal = pieces_of(
        event("ada", "00:00", "$identify", **{"$anon_distinct_id": "anon"}),
        event("guest", "02:00", "$identify", **{"$anon_distinct_id": "ada"}),
        event("guest", "02:01", "$identify", **{"$anon_distinct_id": "carl"}),
        event("carl", "02:02", "$identify", **{"$anon_distinct_id": "anon-2"}),
    )
    asked = [
        (fact.source_person, fact.source_identified)
        for fact in journal
        if isinstance(fact, facts.Linked) and fact.outcome is Outcome.REFUSED_ILLEGAL
    ]
    assert asked == [(0, True), (None, False)]


def test_the_other_id_is_looked_up_by_the_clock_of_all() -> None:
    journal = pieces_of(
        event("ada", "00:00"),
        event("bob", "05:00"),
        event("guest", "00:30", "$identify", **{"$anon_distinct_id": "ada"}),
    )
    (link,) = [fact for fact in journal if isinstance(fact, facts.Linked)]
    assert link.source_person == 0


def test_what_waited_was_let_go_before_an_event_of_others() -> None:
    journal = pieces_of(
        event("ada", "00:00"), event("bob", "00:59"), event("carl", "01:00"), event("d", "09:00")
    )
    before = {fact.seq: fact.released_before for fact in journal if isinstance(fact, facts.EventHeld)}
    assert before == {1: 3, 2: 4, 3: 4, 4: None}


def test_one_resolver_takes_one_component_after_the_other() -> None:
    random = Random(3)
    events = events_of(wire([event for seed in range(4) for event in nasty_log(Random(seed), 60)]), GUIDE)
    rows = rows_of(events, GUIDE, random)
    parts, clock = [*parts_of(rows, random, 1000)], clock_of(rows)
    one = PersonResolver(GUIDE, buffer_seconds=60)
    told = [[*replayed(one, part)] for part in parts]
    each = [[*replayed(PersonResolver(GUIDE, buffer_seconds=60), part)] for part in parts]
    assert len(parts) > 3
    assert [*JoinedJournal(told, clock)] == [*JoinedJournal(each, clock)]


def test_a_probe_comes_before_the_event_that_asks() -> None:
    (link,) = events_of(wire([event("guest", "00:00", "$identify", **{"$anon_distinct_id": "ada"})]), GUIDE)
    probe, step = Block([link], GUIDE, 1)
    assert isinstance(probe, Probe)
    assert isinstance(step, Step)
    assert (probe.key, step.key, step.edges) == ((1, "ada"), (1, "guest"), ())


def test_components_are_what_edges_connect() -> None:
    random = Random(4)
    for _ in range(50):
        keys = [(1, str(number)) for number in range(30)]
        edges = [(random.choice(keys), random.choice(keys)) for _ in range(random.choice([3, 15, 40]))]
        named = components(edges)
        for key in keys:
            same = {other for other in named if named[other] == named.get(key)} | {key}
            assert connected([key], edges) == same


def test_a_long_chain_of_edges_is_walked_in_no_time() -> None:
    edges = [((1, str(number)), (1, str(number + 1))) for number in range(100_000)]
    assert len(set(components(edges).values())) == 1
    assert len(set(components(reversed(edges)).values())) == 1


def item_of(line: bytes, rules: RuleSet) -> Any:
    """The event of a line; None where it is none."""
    try:
        (one,) = posthog.lenient_decoder(Wanted(tuple(names_to_read(rules))))(line)
    except Unusable:
        return None
    return one


TABLES = ("links", "warnings", "property_changes", "held", "dropped", "attributed_events")
PEOPLE = ("persons", "distinct_ids")


def tables_of(database: sqlite3.Connection) -> dict[str, list[Any]]:
    """The rows of a run: of the journal in its order, of everybody in any."""
    journal = {name: database.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall() for name in TABLES}
    return journal | {name: sorted(database.execute(f"SELECT * FROM {name}"), key=repr) for name in PEOPLE}


def tables_in_pieces(
    events: Events, rules: RuleSet, buffer: float | None, random: Random, folder: Path
) -> dict[str, list[Any]]:
    """The same, written from pieces."""
    rows = rows_of(events, rules, random)
    parts = [*parts_of(rows, random, 5)]
    resolvers = [PersonResolver(rules, buffer_seconds=buffer, attributing=True) for _ in parts]
    told = [replayed(one, part) for one, part in zip(resolvers, parts, strict=True)]
    joined = JoinedJournal(told, clock_of(rows))
    with closing(JournalWriter(folder, with_events=True)) as writer:
        writer.write([*joined])
        writer.flush()
        for index, one in enumerate(resolvers):
            for left in joined.everybody(index, one.everybody()):
                writer.write_people(people_of(left))
        return tables_of(writer.database)


@pytest.mark.parametrize("rules", ["guide", "2022-12", "2023-09", "current"])
def test_pieces_make_the_tables_of_a_run(run_of: Any, tmp_path: Path, rules: str) -> None:
    random, rule_set, filled = Random(f"tables {rules}"), RULE_SETS[rules], Counter[str]()
    for number in range(6):
        lines = [one + b"\n" for one in wire(nasty_log(random, random.choice([40, 200])))]
        lines = [random.choice([b"\n", b"{torn\n"]) if random.random() < 0.02 else one for one in lines]
        buffer = random.choice([None, 0, 60, 20.5])
        log = b"".join(lines)
        run = run_of(log, rules=rules, buffer=buffer, dialect="posthog", with_events=True)
        (folder := tmp_path / f"pieces{number}").mkdir()
        events = [item_of(line, rule_set) for line in lines]
        tables = tables_in_pieces(events, rule_set, buffer, random, folder)
        assert tables == tables_of(run.database)
        filled.update({name: len(rows) for name, rows in tables.items()})
    assert {name for name, count in filled.items() if not count} <= {"dropped"}
