"""Order is everything: what is seen of it, sorting that needs little memory, and events told twice."""

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.dialects.record import WireEvent, WireProperties
from identity_cli.errors import NothingToSortBy
from identity_cli.files import distinct_hashes
from identity_cli.files import external_sort as ordering
from identity_cli.files.external_sort import SortEntry, sorted_entries
from identity_cli.origins import Origins
from identity_cli.reading import duplicates as repeats
from identity_cli.reading.reader import Block
from identity_cli.reports.run_summary import summary

SAMPLE = Path(__file__).parent.parent / "sample_data" / "events.ndjson"


T = "2026-05-04T09:30:00Z"


def event(second: int, distinct_id: str, name: str = "e", **more: Any) -> dict[str, Any]:
    return {
        "event": name,
        "distinct_id": distinct_id,
        "now": f"2026-05-04T09:{second // 60:02}:{second % 60:02}Z",
    } | more


def identify(second: int, distinct_id: str, anonymous: str) -> dict[str, Any]:
    return event(second, distinct_id, "$identify", properties={"$anon_distinct_id": anonymous})


def written(path: Path, lines: Iterable[object]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def groups(run: Run) -> list[list[str]]:
    return sorted(sorted(one.distinct_id for one in run.ids_of(row.person)) for row in run.persons())


# The sort


@given(
    keys=st.lists(st.tuples(st.integers(-(2**62), 2**62), st.binary(max_size=40)), max_size=60),
    memory=st.integers(1, 2_000),
)
def test_the_external_sort_is_stable_whatever_fits(
    keys: list[tuple[int, bytes]], memory: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    entries = [SortEntry(key % 7, number, line) for number, (key, line) in enumerate(keys)]
    folder = tmp_path_factory.mktemp("sort")
    assert [*sorted_entries(entries, folder, memory)] == sorted(entries, key=lambda entry: entry.key)
    assert not [*folder.iterdir()], "what was spilled is gone"


def test_more_runs_than_files_may_be_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "RUNS_AT_ONCE", 3)
    numbers = random.Random(4).sample(range(1_000), 1_000)
    entries = [SortEntry(number, place, b"line") for place, number in enumerate(numbers)]
    most = 0
    result = []
    for entry in sorted_entries(entries, tmp_path, 5 * ordering.BYTES_OF_AN_ENTRY):
        most = max(most, len([*tmp_path.iterdir()]))
        result.append(entry.key)
    assert result == sorted(numbers)
    assert 0 < most <= 3


# By arrival


def test_a_log_that_stands_upside_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sorted with memory for a few lines only, the sample reversed gives the sample's persons."""
    lines = SAMPLE.read_bytes().splitlines()
    turned = tmp_path / "turned.ndjson"
    turned.write_bytes(b"\n".join(reversed(lines)) + b"\n")
    monkeypatch.setattr("identity_cli.files.external_sort.MEMORY_BYTES", 6_400)
    monkeypatch.setattr(ordering.sorted_entries, "__defaults__", (6_400,))
    straight, sorted_run = replay(SAMPLE, tmp_path / "a"), replay(turned, tmp_path / "b", order="arrival")
    assert [row[1:] for row in straight.records("persons")] == [
        row[1:] for row in sorted_run.records("persons")
    ]
    for ours, theirs in zip(straight.records("links"), sorted_run.records("links"), strict=True):
        assert ours[2:] == theirs[2:]
        assert ours[1] == len(lines) + 1 - theirs[1], "origins are those of the file as it is"


def test_several_part_files_interleave(tmp_path: Path) -> None:
    first = written(tmp_path / "1.ndjson", [event(0, "a"), event(20, "b"), identify(40, "u", "b")])
    second = written(tmp_path / "2.ndjson", [identify(10, "u", "a"), event(30, "u")])
    run = replay([first, second], tmp_path / "run", order="arrival", buffer=0)
    assert [run.origin(seq).path[-8:] + f":{run.origin(seq).line}" for seq in range(1, 6)] == [
        "1.ndjson:1",
        "2.ndjson:1",
        "1.ndjson:2",
        "2.ndjson:2",
        "1.ndjson:3",
    ]
    assert groups(run) == [["a", "b", "u"]]
    assert [(source["lines"], source["path"][-8:]) for source in run.sources()] == [
        (3, "1.ndjson"),
        (2, "2.ndjson"),
    ]
    assert Run(tmp_path / "run").origin(5).line == 3, "read back from the run"


def test_lines_that_hold_several_events_move_whole(tmp_path: Path) -> None:
    late = {"batch": [event(50, "c"), event(5, "d")]}
    log = written(tmp_path / "log.ndjson", [event(20, "a"), late, event(10, "b"), "no event"])
    run = replay(log, tmp_path / "run", order="arrival")
    assert [run.origin(seq).line for seq in range(1, 6)] == [2, 2, 3, 4, 1]
    assert all(total == sum(parts.values()) for _, total, parts in run.books())


def test_dialects_are_sorted_together(tmp_path: Path) -> None:
    ours = written(tmp_path / "1.ndjson", [event(30, "u")])
    call = {"type": "identify", "userId": "u", "anonymousId": "a", "receivedAt": "2026-05-04T09:00:10Z"}
    call["writeKey"] = "key"
    theirs = written(tmp_path / "2.ndjson", [call])
    run = replay([ours, theirs], tmp_path / "run", order="arrival", buffer=0)
    assert [row[8] for row in run.records("links")] == ["created"], "the call came first"


def test_a_merge_of_amplitude_is_sorted_by_its_time_wherever_its_file_stands(tmp_path: Path) -> None:
    events = [
        {"event_type": "e", "user_id": user, "device_id": f"dev-{user}", "amplitude_id": number, **at}
        for number, user in ((1, "user-1"), (2, "user-2"))
        for at in ({"server_upload_time": "2026-05-04 09:30:00"},)
    ]
    merge = {"amplitude_id": 2, "merged_amplitude_id": 1, "merge_server_time": 1_777_900_000_000}
    logs = [written(tmp_path / "-merged.json", [merge]), written(tmp_path / "events.json", events)]
    for first, second in (logs, logs[::-1]):
        assert len(list(replay([first, second], tmp_path / "run", order="arrival").persons())) == 1


def test_what_the_door_refuses_goes_by_the_line_s_own_dialect(tmp_path: Path) -> None:
    ours = {"event": "e", "distinct_id": "u", "uuid": "bad", "_received_at": "2026-05-04T09:00:05Z"}
    call = {"type": "track", "event": "e", "userId": "u", "messageId": "m", "writeKey": "w", "receivedAt": T}
    logs = [written(tmp_path / "a.ndjson", [ours]), written(tmp_path / "b.ndjson", [call])]
    for files in (logs, logs[::-1]):
        figures = summary(replay(files, tmp_path / "run", order="arrival"))
        assert sum(noted.times for noted in figures.refused_at_door) == 1


def test_created_at_tells_the_arrival_better_than_inserted_at(tmp_path: Path) -> None:
    lines = [
        {"event": "e", "distinct_id": "u", "created_at": made, "_inserted_at": T, "$set": {"made": made}}
        for made in ("2026-05-04T09:40:00Z", "2026-05-04T09:30:00Z")
    ]
    run = replay(written(tmp_path / "log.ndjson", lines), tmp_path / "run", order="arrival")
    assert json.loads(run.find_person("u").properties) == {"made": "2026-05-04T09:40:00Z"}


def test_nothing_to_sort_by(tmp_path: Path) -> None:
    log = written(tmp_path / "log.ndjson", [{"event": "e", "distinct_id": "a"}])
    with pytest.raises(NothingToSortBy, match="no line tells the arrival time"):
        replay(log, tmp_path / "run", order="arrival")
    assert not (tmp_path / "run").exists()


def test_by_time_is_told_to_be_something_else(tmp_path: Path) -> None:
    lines = [
        event(10, "a", timestamp="2026-05-04T08:00:30Z"),
        event(20, "b", timestamp="2026-05-04T08:00:10Z"),
    ]
    log, folder = written(tmp_path / "log.ndjson", lines), tmp_path / "run"
    shown = CliRunner().invoke(idcli, ["replay", str(log), "--run", str(folder), "--order", "time"])
    assert "The platform went by arrival" in shown.stdout
    assert [Run(folder).origin(seq).line for seq in (1, 2)] == [2, 1]


# What is seen


def test_a_log_out_of_order_is_told_before_the_summary(tmp_path: Path) -> None:
    lines = [event(60, "a"), event(1, "b"), event(61, "c"), event(59, "d")]
    log, folder = written(tmp_path / "log.ndjson", lines), tmp_path / "run"
    order = summary(replay(log, folder)).order
    assert (order.with_arrival, order.late, order.largest_step_back) == (4, 2, 59.0)
    assert order.first_late is not None
    assert order.first_late.line == 2
    shown = CliRunner().invoke(idcli, ["replay", str(log), "--run", str(folder)]).stdout
    assert shown.index("Not in order of arrival: 2 of 4") < shown.index("Persons ")
    assert "--order arrival" in shown


def test_the_jitter_of_several_senders_is_no_disorder(tmp_path: Path) -> None:
    lines = [
        event(1, "a"),
        {"event": "e", "distinct_id": "b", "now": "2026-05-04T09:00:00.500Z"},
        {"event": "e", "distinct_id": "c"},
    ]
    order = summary(replay(written(tmp_path / "log.ndjson", lines), tmp_path / "run")).order
    assert (order.with_arrival, order.late) == (2, 0)


# Twice


def repeated() -> list[dict[str, Any]]:
    return [
        event(1, "a", uuid="01234567-0123-0123-0123-0123456789ab"),
        event(2, "a", uuid="01234567-0123-0123-0123-0123456789ab"),
        event(3, "b", timestamp="2026-05-04T09:00:00Z", properties={"k": 1}),
        event(4, "b", timestamp="2026-05-04T09:00:00Z", properties={"k": 1}),
        event(4, "b", timestamp="2026-05-04T09:00:00Z", properties={"k": 2}),
        event(4, "b", timestamp="2026-05-04T09:00:01Z", properties={"k": 1}),
    ]


def test_repeats_are_counted_and_replayed(tmp_path: Path) -> None:
    figures = summary(replay(written(tmp_path / "log.ndjson", repeated()), tmp_path / "run"))
    assert (figures.repeats, figures.deduped, figures.events) == (2, False, 6)
    assert not figures.dropped


def test_repeats_are_skipped_on_request(tmp_path: Path) -> None:
    run = replay(written(tmp_path / "log.ndjson", repeated()), tmp_path / "run", dedupe=True)
    figures = summary(run)
    assert [(noted.what, noted.times, noted.origin.line) for noted in figures.dropped] == [
        ("repeats an earlier event", 2, 2)
    ]
    assert all(line.balances for line in figures.books)
    assert [(row[1], row[3]) for row in run.records("distinct_ids")] == [("a", 1), ("b", 3)]


def counts_of(lines: Iterable[Any], tmp_path: Path) -> list[tuple[int, str, int]]:
    """Team, id and events of each distinct id, repeats skipped."""
    run = replay(written(tmp_path / "log.ndjson", lines), tmp_path / "run", dedupe=True, dialect="posthog")
    return sorted((row[0], row[1], row[3]) for row in run.records("distinct_ids"))


def test_events_of_one_body_are_told_apart_and_those_of_two_bodies_are_not(tmp_path: Path) -> None:
    one, two = ({"event": "e", "distinct_id": "u", "properties": {"n": n}, "timestamp": T} for n in (1, 2))
    lines = [{"api_key": "k", "sent_at": sent, "batch": [one, two]} for sent in (T, "2026-05-04T10:00:00Z")]
    assert counts_of(lines, tmp_path) == [(1, "u", 2)]


def test_a_uuid_says_nothing_of_another_team_id_or_event(tmp_path: Path) -> None:
    same = {"uuid": "0190f3a2-7c11-7b6e-9a55-2f4f0d1c9e01", "timestamp": T}
    lines = [
        {"event": "e", "distinct_id": "u", **same},
        {"event": "e", "distinct_id": "u", "team_id": 9, **same},
        {"event": "e", "distinct_id": "v", **same},
        {"event": "f", "distinct_id": "u", **same},
        {"event": "f", "distinct_id": "u", **same},
    ]
    assert counts_of(lines, tmp_path) == [(1, "u", 2), (1, "v", 1), (9, "u", 1)]


PAIRS = [
    *((-1, -2), (1, True), (0, False), (2**61 - 1, 0), (2**60, 2**60 + 1), ("a", "A"), ("1", "true")),
    *((1, "1"), (1, 1.0), (1, "1.0"), ("true", True), ("True", True), (0, -0.0), ([1], "1"), ([1], [True])),
]


@pytest.mark.parametrize("more", [{}, {"uuid": "0190f3a2-7c11-7b6e-9a55-2f4f0d1c9e01"}, {"uuid": 7}])
@pytest.mark.parametrize(("one", "other"), PAIRS, ids=repr)
def test_two_ids_are_never_taken_for_one(one: Any, other: Any, more: Any, tmp_path: Path) -> None:
    """What Python takes for equal, or hashes alike, decides nothing."""
    for place in ("outer", "inner"):
        lines = [
            {"event": "e", "timestamp": T, "properties": {"distinct_id": own}, **more}
            if place == "inner"
            else {"event": "e", "timestamp": T, "properties": {}, "distinct_id": own, **more}
            for own in (one, other)
        ]
        lines.append({"event": "e", "distinct_id": "somebody"})
        run = replay(written(tmp_path / "log.ndjson", lines), tmp_path / "run", dialect="posthog")
        ids = {distinct_id for _, distinct_id, _ in counts_of(lines, tmp_path)}
        assert ids == {row[1] for row in run.records("distinct_ids")}


def test_an_id_is_the_same_as_a_number_and_as_its_text(tmp_path: Path) -> None:
    owns: list[Any] = [17, "17"]
    lines = [{"event": "e", "timestamp": T, "properties": {}, "distinct_id": own} for own in owns]
    assert counts_of(lines, tmp_path) == [(1, "17", 1)]


@pytest.mark.parametrize(("one", "other"), [(-1, -2), (1, True), (2**61 - 1, 1)])
def test_uuids_are_the_same_if_their_text_is(one: Any, other: Any, tmp_path: Path) -> None:
    lines = [{"event": "e", "distinct_id": "u", "timestamp": T, "uuid": uuid} for uuid in (one, other, one)]
    assert counts_of(lines, tmp_path) == [(1, "u", 2)]


def test_events_without_a_timestamp_are_apart_by_when_they_happened(tmp_path: Path) -> None:
    lines = [
        {"event": "e", "distinct_id": "u", "offset": offset, "_received_at": T}
        for offset in (1000, 2000, 1000)
    ]
    assert counts_of(lines, tmp_path) == [(1, "u", 2)]


@pytest.mark.parametrize("bits", [7, 64])
def test_repeats_are_counted_on_disk_as_in_memory(
    bits: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "HASHES_IN_MEMORY", 5)
    monkeypatch.setattr(distinct_hashes, "HASHES_AT_ONCE", 3)
    rng, counter = random.Random(3), repeats.RepeatCounter(tmp_path)
    different = [rng.getrandbits(bits) for _ in range(500)]
    values = [rng.choice(different) for _ in range(1_000)]
    for value in values:
        counter.take((1, [value], [None], [None], [None]))
    assert counter.count() == len(values) - len(set(values))


@pytest.mark.parametrize(("name", "known"), [("e", 6521861509322853481), ("\ud800", 4460447190456241577)])
def test_an_event_has_the_same_hash_in_every_process(name: str, known: int) -> None:
    one = WireEvent(event=name, distinct_id="u", uuid="0190", properties=WireProperties())
    other = WireEvent(event=name, distinct_id="u", uuid="0190", properties=WireProperties(distinct_id=1))
    alone, beside = (Block(1, events, [], Origins(), "posthog") for events in ([one], [one, other]))
    assert repeats.hashes(alone) == repeats.hashes(beside)[:1] == [known]


def test_what_capture_would_not_let_in_is_marked(tmp_path: Path) -> None:
    lines = [event(1, "a", uuid="no-uuid"), event(2, " "), event(3, "b", uuid=7)]
    figures = summary(replay(written(tmp_path / "log.ndjson", lines), tmp_path / "run"))
    assert [(noted.times, noted.origin.line) for noted in figures.refused_at_door] == [(2, 1), (1, 2)]
    assert figures.events == 3
