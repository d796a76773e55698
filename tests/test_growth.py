"""Merges cost what the smaller side costs: what grows a thousand times takes no longer an event.

Nothing is measured here; what is not linear does not end within the time allowed.
"""

import gc
import json
from collections.abc import Callable, Iterator
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import pytest
from lanes import first_quick
from outcomes import events_of, left_by
from patience import within

from identity_cli import blame, replay, why
from identity_cli.findings.kept import findings_of
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import RULE_SETS
from identity_cli.store.writing.journal_writer import JournalWriter

IDENTIFY = '{{"event":"$identify","distinct_id":"ada","properties":{{"$anon_distinct_id":"id-{}"}}}}'


def seen(number: int) -> str:
    return f'{{"event":"e","distinct_id":"id-{number}","$set":{{"k{number % 50}":{number}}}}}'


def link(own: int, other: int) -> str:
    return f'{{"event":"$merge_dangerously","distinct_id":"id-{own}","properties":{{"alias":"id-{other}"}}}}'


def bare(number: int) -> str:
    return f'{{"event":"e","distinct_id":"id-{number}"}}'


def into_a_new_one(count: int, seen: Callable[[int], str] = seen) -> Iterator[str]:
    """Each merge moves all so far into a person that was just made: the source grows."""
    return chain.from_iterable((seen(number), link(number, number - 1)) for number in range(1, count + 1))


def into_the_first(count: int) -> Iterator[str]:
    """Each merge moves a person that was just made into the first: the target grows."""
    return chain.from_iterable((seen(number), link(0, number)) for number in range(1, count + 1))


def two_by_two(count: int) -> Iterator[str]:
    """All are made, then pairs, pairs of pairs, and so on are merged."""
    yield from map(seen, range(count))
    step = 1
    while step < count:
        for number in range(0, count - step, 2 * step):
            yield link(number, number + step)
        step *= 2


def backwards(count: int) -> Iterator[str]:
    """All are made, then chained from the last on, so that pointers form one long path."""
    yield from map(seen, range(count))
    for number in range(count - 1, 0, -1):
        yield link(number, number - 1)


SHAPES: list[Callable[[int], Iterator[str]]] = [into_a_new_one, into_the_first, two_by_two, backwards]


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_chain_of_100_000_merges(shape: Callable[[int], Iterator[str]]) -> None:
    with within(60):
        resolver = resolved(shape(100_000))
    assert_one_person(resolver, 100_000)


STANDING = {"2022-12": 20_000, "mixpanel-simplified": 20_000, "mixpanel-original": 41}
"""Of 20,001 ids: where there is no such merge, and where persons have 500 ids at most."""


@pytest.mark.parametrize("rules", first_quick(RULE_SETS))
def test_a_chain_of_merges_under_every_rule_set(rules: str) -> None:
    with within(60):
        resolver = resolved(into_a_new_one(20_000), rules)
    assert len(left_by(resolver).standing) == STANDING.get(rules, 1)


@pytest.mark.slow
def test_one_person_of_100_000_ids() -> None:
    with within(60):
        resolver = resolved(map(IDENTIFY.format, range(100_000)))
    left = left_by(resolver)
    assert (len(left.persons), len(left.ids)) == (1, 100_001)


@pytest.mark.slow
@pytest.mark.parametrize("rules", ["guide", "current"])
def test_one_person_of_100_000_properties(rules: str) -> None:
    """Merges and writes touch what the event names, not all that a person has."""

    def log() -> Iterator[str]:
        for number in range(100_000):
            own = json.dumps({f"k{number}": number})
            yield f'{{"event":"e","distinct_id":"id-{number}","$set":{own}}}'
            yield link(0, number)
            yield '{"event":"e","distinct_id":"id-0","properties":{"$set":{"last":1},"$unset":["last"]}}'

    with within(60):
        resolver = resolved(log(), rules)
    (person,) = left_by(resolver).standing
    assert len(person.properties.keys() - {"last"}) == 100_000


@pytest.mark.slow
def test_100_000_events_wait_in_the_buffer() -> None:
    def log() -> Iterator[str]:
        for number in range(100_000):
            second = number // 5_000
            yield f'{{"event":"e","distinct_id":"{number % 90_000}","now":"2023-03-08T12:00:{second:02}Z"}}'

    with within(60):
        resolver = resolved(log())
    assert len(left_by(resolver).persons) == 90_000


@pytest.mark.slow
def test_a_whole_replay_of_a_long_chain_and_a_large_person(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_text("\n".join(chain(into_a_new_one(30_000), backwards(30_000))))
    with within(60):
        run = replay(log, run=tmp_path / "run")
    assert run.count("persons") == 1
    assert run.find_person("id-0").id_count == 30_001
    assert len(run.parts_of(run.find_person("id-17").person)) == 30_000


BATCHES = {
    "events without a uuid": '{{"event":"e","distinct_id":"b{}","properties":{{}}}}',
    "events that may be rejected": '{{"event":"$set","distinct_id":"b{}","properties":{{"$unset":"n"}}}}',
    "what is no event": '{{"distinct_id":"b{}"}}',
    "what is no object": "{}",
}


@pytest.mark.parametrize("dedupe", [False, True])
@pytest.mark.parametrize("item", first_quick(BATCHES))
def test_a_batch_of_many_events_on_one_line(item: str, dedupe: bool, tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    count = 20_000
    log.write_text(
        '{"batch":[' + ",".join(BATCHES[item].format(number) for number in range(count)) + "]}\n" + bare(1)
    )
    with within(60):
        run = replay(log, run=tmp_path / "run", dedupe=dedupe)
    assert run.count("rejected") in (0, 1, count)
    assert sum(size for _, size in run.files()) < 100 * log.stat().st_size


def test_large_values_are_told_and_do_not_wait_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that is replaced is let go of: memory holds what persons have, not what they had."""
    waiting = []
    flush = JournalWriter.flush

    def counting(journal: JournalWriter) -> None:
        waiting.append(sum(map(len, journal._waiting.values())))
        flush(journal)

    monkeypatch.setattr(JournalWriter, "flush", counting)
    log = tmp_path / "log.ndjson"
    text = "x" * (1 << 20)
    log.write_text(
        "".join(f'{{"event":"$set","distinct_id":"a","$set":{{"v":"{n}{text}"}}}}\n' for n in range(8))
    )
    for one_process in (True, False):
        run = replay(log, run=tmp_path / "run", one_process=one_process, dialect="posthog", buffer=0)
        assert max(waiting) <= 2
        assert run.metadata["notices"]["long_line"]["count"] == 8


@pytest.mark.parametrize("order", [None, "time"])
def test_long_lines_are_told_one_by_one_wherever_they_stand(tmp_path: Path, order: str | None) -> None:
    long = {"event": "$set", "distinct_id": "a", "$set": {"v": "x" * (1 << 20)}}
    nameless = {"event": ""}
    lines: list[dict[str, Any]] = [
        {"batch": [long, nameless, long]},
        long,
        {"event": "e", "distinct_id": "b"},
    ]
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps({"now": "2023-03-08T12:00:00Z", **one}) + "\n" for one in lines))
    run = replay(log, run=tmp_path / "run", order=order)
    assert run.metadata["notices"]["long_line"]["count"] == 2


@pytest.mark.slow
def test_a_chain_of_1_000_000_merges() -> None:
    with within(300):
        resolver = resolved(into_a_new_one(1_000_000, bare))
    assert_one_person(resolver, 1_000_000)


@pytest.mark.slow
def test_one_person_of_1_000_000_ids() -> None:
    with within(300):
        resolver = resolved(map(IDENTIFY.format, range(1_000_000)))
    left = left_by(resolver)
    assert (len(left.persons), len(left.ids)) == (1, 1_000_001)


def refusals(count: int) -> Iterator[str]:
    """Two users, and as many events that would join them."""
    yield from (IDENTIFY.format(1), IDENTIFY.format(2).replace("ada", "bob"))
    yield from repeat(IDENTIFY.format(0).replace('"ada"', '"bob"').replace("id-0", "ada"), count)


def writes_and_merges(count: int) -> Iterator[str]:
    """A person of as many properties as merges."""
    yield from chain.from_iterable((seen(n).replace("k", f"k{n}_"), IDENTIFY.format(n)) for n in range(count))


@pytest.mark.slow
def test_answers_about_many_refusals_and_many_merges_grow_with_these(tmp_path: Path) -> None:
    """20,000 refusals took `why` an hour, and 10,000 merges `blame` more than the machine's memory."""
    log = tmp_path / "log.ndjson"
    log.write_text("\n".join(refusals(20_000)))
    run = replay(log, run=tmp_path / "run")
    with within(60):
        answer = why(run, "ada", "bob")
    assert not answer.are_one
    assert len(answer.reasons) == 20_000
    log.write_text("\n".join(writes_and_merges(10_000)))
    run = replay(log, run=tmp_path / "run")
    with within(60):
        told = blame(run, "ada")
    assert len(told.entries) == 10_000


def resolved(lines: Iterator[str], rules: str = "guide") -> PersonResolver:
    """The resolver after these lines, fed as a replay does: in blocks, and without collecting garbage."""
    resolver = PersonResolver(RULE_SETS[rules])
    seq = 1
    gc.disable()
    try:
        while block := list(islice(lines, 500)):
            events = events_of(block, RULE_SETS[rules])
            resolver.apply_all(seq, events)
            seq += len(events)
        resolver.finish()
    finally:
        gc.enable()
    return resolver


def assert_one_person(resolver: PersonResolver, merges: int) -> None:
    left = left_by(resolver)
    assert {seen.person for seen in left.ids.values()} == {person.number for person in left.standing}
    assert len(left.standing) == 1
    assert len(left.persons) >= merges


def sent(name: str, own: str, **properties: Any) -> str:
    return json.dumps({"event": name, "distinct_id": own, "properties": properties})


AUDITED: dict[str, Callable[[int], str]] = {
    "a property that flips": lambda number: sent("$set", "u", **{"$set": {"email": f"x{number % 2}@y.z"}}),
    "one address for all": lambda number: sent("$set", f"u{number}", **{"$set": {"email": "x@y.z"}}),
    "logins on one device": lambda number: sent(
        "$identify", f"u{number}", **{"$anon_distinct_id": "a", "$device_id": "d", "$session_id": "s"}
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", AUDITED)
def test_audits_of_50_000_alike(tmp_path: Path, what: str) -> None:
    log = tmp_path / "log.ndjson"
    log.write_text("\n".join(map(AUDITED[what], range(50_000))))
    with within(60):
        assert findings_of(replay(log, tmp_path / "run", table_formats=(), graph_formats=()))


def logins_each_second(count: int) -> Iterator[str]:
    """One person, each of whose links comes a second after the last: close enough to be tried otherwise."""
    for number in range(count):
        moment = f"2026-05-04T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        yield IDENTIFY.format(number).replace("{", f'{{"timestamp":"{moment}",', 1)


@pytest.mark.slow
def test_links_close_in_time_of_one_large_person(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_text("\n".join(logins_each_second(20_000)))
    with within(30):
        run = replay(log, run=tmp_path / "run", table_formats=(), graph_formats=())
    assert run.find_person("ada").id_count == 20_001
