"""A log in pieces comes to what it comes to as a whole: read in blocks, replayed in parts, joined again."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from nasty_logs import nasty_log
from outcomes import events_of, people_of_ids, wire

from identity_cli import facts
from identity_cli.dialects import posthog
from identity_cli.dialects.base import Unusable, Wanted
from identity_cli.dialects.record import event_type
from identity_cli.events import LONG_AGO, arrival_of
from identity_cli.files.messages import MessageFile
from identity_cli.outcomes import Outcome
from identity_cli.pieces import component
from identity_cli.pieces.blocks import Block, Place, Rows, places
from identity_cli.pieces.component import Component
from identity_cli.pieces.dealing import Dealer
from identity_cli.pieces.edges import Key, components, connected, key_of, node_of, pair_of
from identity_cli.pieces.joined_people import joined_ids, joined_persons
from identity_cli.pieces.joining import JoinedJournal, Row, rows_of
from identity_cli.pieces.log_clock import LogClock
from identity_cli.pieces.own_log import Placed, own_log
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import RULE_SETS
from identity_cli.rules.base import RuleSet
from identity_cli.rules.copying import names_to_read
from identity_cli.store.writing.journal_writer import JournalWriter
from identity_cli.tables.people import Ids, People, people_of

Events = Sequence[Any]
"""One for each seq; None for a line that is no event."""


def whole(events: Events, rules: RuleSet, **options: Any) -> tuple[list[facts.Fact], list[Any]]:
    """The journal and everybody of a log, replayed at once."""
    resolver = PersonResolver(rules, **options)
    journal: list[facts.Fact] = []
    for seq, one in enumerate(events, 1):
        for link in () if one is None else one.links:
            journal += resolver.link(seq, link)
        journal += [] if one is None else resolver.apply(seq, one)
    return journal + resolver.finish(), columns_of(map(people_of, resolver.everybody(7)))


def columns_of(everybody: Iterable[People | Ids]) -> list[Any]:
    """Everybody, so many at a time, as another process would be told."""
    return [msgspec.msgpack.decode(msgspec.msgpack.encode(some)) for some in everybody]


def pieces_of_log(events: Events, rules: RuleSet, random: Random) -> tuple[list[Rows[Any]], list[Block]]:
    """The rows of a log, read in blocks of any size, the last block first, and these blocks."""
    cuts = sorted(random.choices(range(len(events) + 1), k=random.choice([0, 1, 5, 40])))
    spans = [*zip([0, *cuts], [*cuts, len(events)], strict=True)]
    blocks = [Block(rules, 1) for _ in spans]
    read = [
        [*rows_of_block(one, events[slice(*span)])]
        for one, span in reversed([*zip(blocks, spans, strict=True)])
    ]
    ends = [Place(stop - start, one.clock) for one, (start, stop) in zip(blocks, spans, strict=True)]
    placed = zip(places(ends), blocks, read[::-1], strict=True)
    rows = []
    for place, block, some in placed:
        rows += [one.placed(place) for one in some]
        block.reached = [(place.seqs + seq, moment) for seq, moment in block.reached]
    return rows, blocks


def rows_of_block(block: Block, events: Events) -> Iterator[Rows[Any]]:
    """Its rows, as many at a time as there are events without a line between that is none."""
    for is_event, group in groupby(enumerate(events, 1), lambda one: one[1] is not None):
        seqs, some = zip(*group, strict=True)
        if is_event:
            yield block.rows(seqs[0], some, {seqs[0]: b"the first"})


def clock_of(blocks: Iterable[Block]) -> LogClock:
    """The clock of a whole log."""
    clock = LogClock()
    for block in blocks:
        for seq, moment in block.reached:
            clock.see(seq, moment)
    return clock


def dealt(rows: Iterable[Rows[Any]], blocks: Iterable[Block], random: Random, most: int) -> list[Any]:
    """The rows of each part, some of which have several components, some at a time."""
    edges = [one for block in blocks for one in zip(block.edges[::2], block.edges[1::2], strict=True)]
    part_of_root: dict[int, int] = {}
    known = {
        node: part_of_root.setdefault(root, random.randrange(most))
        for node, root in components(edges).items()
    }
    dealer = Dealer(most, known)
    parts: dict[int, list[Rows[Any]]] = {}
    for some in rows:
        dealer.deal(some)
        if random.random() < 0.3:
            for part, one in dealer.take():
                parts.setdefault(part, []).append(one)
    for part, one in dealer.take():
        parts.setdefault(part, []).append(one)
    return [parts[part] for part in sorted(parts)]


def through_file(values: Iterable[Any], kind: Any, folder: Path | None) -> list[Any]:
    """The same as they come back from a file."""
    if folder is None:
        return [*values]
    with closing(MessageFile(folder)) as file:
        for value in values:
            file.add(value)
        return [*file.values(kind, Rows[Any] if kind is Rows[msgspec.Raw] else None)]


class Pieces:
    """A log in pieces; folder: of files that all goes through. most: of parts."""

    def __init__(
        self,
        events: Events,
        rules: RuleSet,
        random: Random,
        most: int = 200,
        folder: Path | None = None,
        **options: Any,
    ) -> None:
        rows, blocks = pieces_of_log(events, rules, random)
        record = Rows[event_type(tuple(names_to_read(rules)))]  # type: ignore[misc, valid-type]
        raw = through_file(rows, Rows[msgspec.Raw], folder)
        parts, clock = dealt(raw, blocks, random, most), clock_of(blocks)
        journals, everybody = [], list[list[Any]]()
        for part in parts:
            resolver = PersonResolver(rules, **options)
            told = Component(resolver, clock).told(through_file(part, record, folder))
            journals.append(through_file(map(rows_of, told), list[Row], folder))
            everybody.append([*map(people_of, resolver.everybody(5))])
        self.joined = JoinedJournal(journals)
        self.journal = [fact for whole in self.joined for fact in whole.facts]
        persons = [of_kind(one, People, folder) for one in everybody]
        nobodys = [of_kind(one, Ids, folder) for one in everybody]
        self.left: list[People | Ids] = [
            *joined_persons(persons, self.joined.numbers, 7),
            *joined_ids(nobodys, 7),
        ]


def of_kind(everybody: Iterable[Any], kind: Any, folder: Path | None) -> list[Any]:
    """Those parts of everybody."""
    return through_file([left for left in everybody if isinstance(left, kind)], kind, folder)


def in_pieces(*log: Any, **options: Any) -> tuple[list[facts.Fact], list[Any]]:
    """The journal and everybody of a log in pieces."""
    pieces = Pieces(*log, **options)
    return pieces.journal, columns_of(pieces.left)


def nasty_events(random: Random, rules: RuleSet) -> Events:
    """Events of a random log, lines between them that are none, and events with links beside them."""
    log = nasty_log(random, random.choice([5, 60, 150]))
    decode = posthog.lenient_decoder(Wanted(tuple(names_to_read(rules))))
    events: list[Any] = [event for line in wire(log) for event in decode(line)]
    for one, link in pairwise(events):
        if random.random() < 0.1:
            link.distinct_id, link.properties.distinct_id = one.distinct_id, one.properties.distinct_id
            link.team_id = one.team_id
            for time in ("now", "received_at", "created_at", "inserted_at", "timestamp"):  # as dialects do
                setattr(link, time, getattr(one, time))
            one.links = (link,)
    return [None if random.random() < 0.03 else event for event in events]


@pytest.mark.parametrize("rules", RULE_SETS)
def test_pieces_come_to_what_the_whole_does(rules: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random, seen = Random(rules), Counter[str]()
    for _ in range(12):
        monkeypatch.setattr(component, "TOLD_AT_ONCE", random.choice([1, 7, 1_000]))
        events = nasty_events(random, RULE_SETS[rules])
        most = random.choice([1, 3, 200])
        options = {"buffer_seconds": random.choice([None, 0, 60, 20.5]), "attributing": random.random() < 0.5}
        journal, left = whole(events, RULE_SETS[rules], **options)
        told, told_left = in_pieces(events, RULE_SETS[rules], random, most, **options)
        assert told == journal
        assert told_left == left
        seen.update(type(fact).__name__ for fact in journal)
    assert seen["Linked"] > 20


@pytest.mark.parametrize("rules", ["guide", "2022-12", "2023-09", "current"])
def test_the_lines_of_a_component_with_the_time_of_the_others_tell_what_they_do_in_the_whole(
    run_of: Any, rules: str
) -> None:
    random, rule_set, seen = Random(f"own {rules}"), RULE_SETS[rules], Counter[str]()
    for _ in range(5):
        lines = wire(nasty_log(random, 150))
        options = {"rules": rules, "buffer": random.choice([60, 20.5]), "dialect": "posthog"}
        run = run_of(b"\n".join(lines), **options)
        events = [item_of(line, rule_set) for line in lines]
        links = [link for one in events if one is not None for link in (*one.links, one)]
        pairs = [pair for link in links if (pair := pair_of(link, rule_set, 1)) is not None]
        edges = [edge for edge, interact in pairs if interact]
        ids = {(team, one) for team, one, *_ in run.records("distinct_ids")}
        for one in random.sample(sorted(ids), 3):
            component = connected({one}, edges)
            placed, end = placed_lines(events, lines, component, rule_set)
            alone = run_of(b"\n".join(own_log(placed, end)), **options)
            assert people_of_ids(alone, component & ids) == people_of_ids(run, component & ids)
            seen.update({"lines": len(placed), "held": len([*alone.records("held")])})
    assert seen["lines"] > 150
    assert seen["held"] > 3


def placed_lines(
    events: Events, lines: Sequence[bytes], component: set[Key], rules: RuleSet
) -> tuple[list[Placed], datetime]:
    """The lines of a component, each with what the log shows before it, and what that shows at its end."""
    placed, clock = [], LONG_AGO
    for one, line in zip(events, lines, strict=True):
        if one is not None:
            if key_of(one, rules, 1) in component:
                placed.append((clock, line))
            clock = max(clock, arrival_of(one) or LONG_AGO)
    return placed, clock


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
    blocks = [Block(GUIDE, 1) for _ in range(3)]
    rows = [one.rows(1, [told]) for one, told in zip(blocks, (early, late, behind), strict=True)]
    third = [*places(Place(1, block.clock) for block in blocks)][2]
    assert rows[2].placed(third).clocks == [late.now]
    assert rows[2].placed(third).seqs == [3]


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


def test_what_comes_at_the_end_of_the_calendar_waits_until_the_log_ends() -> None:
    last = {"event": "purchase", "now": "9999-12-31T23:59:59.999999Z", "properties": {}}
    journal = pieces_of(*({**last, "distinct_id": own} for own in ("ada", "bob", "carl")))
    assert [fact.released_before for fact in journal if isinstance(fact, facts.EventHeld)] == [None] * 3


def test_what_waited_to_the_end_is_told_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component, "TOLD_AT_ONCE", 4)
    log = [{**event(f"id-{number}", "00:00"), "$set": {"a": 1}} for number in range(20)]
    block = Block(GUIDE, 1)
    rows = block.rows(1, events_of(wire(log), GUIDE))
    told = [*Component(PersonResolver(GUIDE), clock_of([block])).told([rows])]
    assert sum(map(len, told)) >= 40
    assert max(map(len, told)) <= 6
    assert not {one[:2] for one in told[0]} & {one[:2] for one in told[1]}


def test_one_resolver_takes_one_component_after_the_other() -> None:
    random = Random(3)
    events = events_of(wire([event for seed in range(4) for event in nasty_log(Random(seed), 60)]), GUIDE)
    rows, blocks = pieces_of_log(events, GUIDE, random)
    parts, clock = dealt(rows, blocks, random, 1000), clock_of(blocks)
    one = Component(PersonResolver(GUIDE, buffer_seconds=60), clock)
    told = [[*map(rows_of, one.told(part))] for part in parts]
    others = [Component(PersonResolver(GUIDE, buffer_seconds=60), clock) for _ in parts]
    each = [[*map(rows_of, other.told(part))] for other, part in zip(others, parts, strict=True)]
    assert len(parts) > 3
    assert [*map(len, told)] == [*map(len, each)]


def test_an_id_named_in_vain_is_asked_for_and_joined_to_nobody() -> None:
    (link,) = events_of(wire([event("guest", "00:00", "$identify", **{"$anon_distinct_id": "ada"})]), GUIDE)
    block = Block(GUIDE, 1)
    (probe,) = block.rows(1, [link]).probes
    assert probe[2:] == (node_of((1, "ada")), 1, "ada")
    assert not block.edges
    assert block.named == {(1, "guest"), (1, "ada")}


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
    pieces = Pieces(events, rules, random, 5, folder, buffer_seconds=buffer, attributing=True)
    with closing(JournalWriter(folder, with_events=True)) as writer:
        writer.write(pieces.journal)
        writer.flush()
        for left in pieces.left:
            writer.write_people(left)
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
