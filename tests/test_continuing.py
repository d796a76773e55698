"""A log that goes on another day: what comes of it is what replaying all of it together gives."""

import json
import sqlite3
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from dialect_examples import EXAMPLES, USER, VISITOR, lines_of
from lanes import first_quick
from nasty_logs import nasty_log
from outcomes import events_of, left_by, wire
from test_second_process import BEYOND_MESSAGEPACK, UNUSABLE

from identity_cli import IdcliError, Run, replay, trend, whatif, why
from identity_cli.cli import idcli
from identity_cli.counterfactual.changed_log import Change
from identity_cli.reading import child_process, duplicates, login_windows, periods, shared_values
from identity_cli.reading.intake import log_of
from identity_cli.reading.options import GoingOn, ReplayOptions
from identity_cli.reading.room_for_ids import BYTES_OF_AN_ID
from identity_cli.replaying.at_end import end_in_pieces
from identity_cli.replaying.going_on import earlier_run
from identity_cli.replaying.in_parts import gathering, parts
from identity_cli.replaying.replayer import replay_log
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import RULE_SETS
from identity_cli.store.seal import seal
from identity_cli.tables.formats import TABLE_FORMATS
from identity_cli.tables.graph_formats import GRAPH_FORMATS


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_resolver_goes_on_as_if_the_log_had_not_ended(rules: str) -> None:
    random, waited = Random(rules), 0
    for _ in range(40):
        events = events_of(wire(nasty_log(random, 60)), RULE_SETS[rules])
        seconds = random.choice([None, 30, 3_600])
        whole = PersonResolver(RULE_SETS[rules], buffer_seconds=seconds)
        journal = whole.apply_all(1, events) + whole.finish()
        half = random.randrange(len(events))
        first = PersonResolver(RULE_SETS[rules], buffer_seconds=seconds)
        told = first.apply_all(1, events[:half])
        end = first.open_end()
        end = end._replace(before=[*end.before])
        waited += len(end.waiting)
        first.finish()
        again = PersonResolver(RULE_SETS[rules], buffer_seconds=seconds)
        again.go_on([*first.everybody(7)], end)
        assert told + again.apply_all(1 + half, events[half:]) + again.finish() == journal
        assert left_by(again) == left_by(whole)
        assert [*again.everybody()] == [*whole.everybody()]
    assert waited > 10


def test_ids_without_a_person_keep_their_order_over_teams() -> None:
    def personless(own: str, team_id: int, **properties: Any) -> dict[str, Any]:
        about = {"$process_person_profile": False, **properties}
        return {"event": "e", "distinct_id": own, "team_id": team_id, "properties": about}

    login = {
        "event": "$identify",
        "distinct_id": "ada",
        "team_id": 1,
        "properties": {"$anon_distinct_id": "x"},
    }
    log = [personless("x", 1), personless("y", 2), login, personless("z", 1)]
    events = events_of(wire(log), RULE_SETS["current"])
    whole, first, again = (PersonResolver(RULE_SETS["current"]) for _ in range(3))
    whole.apply_all(1, events)
    first.apply_all(1, events[:3])
    end = first.open_end()
    end = end._replace(before=[*end.before])
    again.go_on([*first.everybody()], end)
    again.apply_all(4, events[3:])
    assert [*again.everybody()] == [*whole.everybody()]


# A run


def in_order(row: tuple[str, int, bytes]) -> tuple[str, int, Any]:
    """A row of what is remembered, but for the order of hashes on disk, and for zones of times.

    Where one event has no word in MessagePack, times of those sent together with it keep their zones.
    """
    part, nth, content = row
    if part == "end.events":
        return part, nth, _in_utc(json.loads(zlib.decompress(content)))
    if not part.startswith("RepeatCounter._"):
        return part, nth, zlib.decompress(content)
    return part, nth, sorted(content[at : at + 8] for at in range(0, len(content), 8))


def _in_utc(value: Any) -> Any:
    if isinstance(value, list):
        return [*map(_in_utc, value)]
    if isinstance(value, dict):
        return {name: _in_utc(one) for name, one in value.items()}
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    return value


def tables(run: Run) -> dict[str, list[Any]]:
    """Every row of every table, in order."""
    names = [name for (name,) in run.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: [*run.database.execute(f"SELECT * FROM {name}")] for name in names}
    found["remembered"] = [*map(in_order, found["remembered"])]
    return found


def files(run: Run, *, spill: bool = False) -> dict[str, bytes]:
    """The bytes of its files; of the database where in_order has nothing to do."""
    all_files = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    if spill or any(part.startswith("RepeatCounter._elsewhere") for part, *_ in tables(run)["remembered"]):
        del all_files["run.db"]
    return all_files


def cut(lines: list[str], parts: int, random: Random, folder: Path) -> list[Path]:
    """Lines as so many files, none of them empty."""
    at = sorted(random.sample(range(1, len(lines)), parts - 1))
    paths = [folder / f"part{number}.ndjson" for number in range(parts)]
    for path, start, stop in zip(paths, [0, *at], [*at, len(lines)], strict=True):
        path.write_text("\n".join(lines[start:stop]) + "\n")
    return paths


WRITABLE = [name for name in TABLE_FORMATS if name != "parquet" or find_spec("pyarrow") is not None]

_SHOWN = ("table_formats", "graph_formats", "one_process")
"""Options that are asked for again each time."""


def compare(paths: list[Path], folder: Path, options: dict[str, Any], *, spill: bool = False) -> Run:
    """Hold a run that goes on file by file against that of all of them; the former.

    spill: whether the first is resolved in parts.
    """
    whole = replay(paths, folder / "whole", **options)
    run = replay(paths[:1], folder / "run", **options, spill=spill)
    for path in paths[1:]:
        run.close()
        going_on = GoingOn(folder / "run")
        shown = {name: options[name] for name in _SHOWN if name in options}
        run = replay_log(log_of([str(path)]), folder / "run", ReplayOptions(**shown), going_on=going_on)
    expected, found = tables(whole), tables(run)
    for name in expected:
        assert found[name] == expected[name], name
    assert files(run, spill=spill) == files(whole, spill=spill)
    whole.close()
    return run


def random_lines(random: Random, length: int) -> list[str]:
    """Of a nasty log, with lines that are none and times that are odd."""
    log = nasty_log(random, length)
    for event in log:
        if random.random() < 0.1 and "timestamp" in event:
            event["timestamp"] = event["timestamp"].replace("Z", f"{random.randrange(1000):03}+02:00")
        if random.random() < 0.1:
            event["properties"]["$session_id"] = f"s{random.randrange(3)}"
            event["properties"]["$ip"] = f"192.0.2.{random.randrange(3)}"
    lines = [json.dumps(one) for one in [*log, *BEYOND_MESSAGEPACK]]
    random.shuffle(lines)
    for line in UNUSABLE:
        lines.insert(random.randrange(1, len(lines)), line)
    lines.insert(0, '{"event": "e", "distinct_id": "first"}')
    return [line for line in lines for _ in range(random.choice([1, 1, 1, 2]))]


@pytest.mark.parametrize("rules", first_quick([*RULE_SETS]))
def test_a_log_that_goes_on_file_by_file_is_the_whole(
    rules: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(rules)
    for number in range(8):
        monkeypatch.setattr(child_process, "WORTH_IT_BYTES", random.choice([0, 1 << 30]))
        monkeypatch.setattr(duplicates, "HASHES_IN_MEMORY", random.choice([8, 1 << 20]))
        monkeypatch.setattr(periods, "KEYS_AT_ONCE", random.choice([8, 1 << 13]))
        monkeypatch.setattr(shared_values, "REMEMBERED", random.choice([4, 1 << 17]))
        monkeypatch.setattr(login_windows, "REMEMBERED", random.choice([4, 1 << 17]))
        folder = tmp_path / str(number)
        folder.mkdir()
        paths = cut(random_lines(random, 60), random.choice([2, 3, 5]), random, folder)
        options = {
            "rules": rules,
            "buffer": random.choice([None, 0, 60, 3_600]),
            "with_events": random.random() < 0.5,
            "evidence": random.random() < 0.8,
            "dedupe": random.random() < 0.3,
            "table_formats": random.choice([(), ("csv", "ndjson")]),
            "may_be_empty": True,
        }
        compare(paths, folder, options).close()


def test_files_of_every_format_have_the_bytes_of_the_whole(tmp_path: Path) -> None:
    random = Random(3)
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths = cut(random_lines(random, 60), 3, random, folder)
        options = {
            "buffer": random.choice([None, 60]),
            "with_events": number == 0,
            "table_formats": WRITABLE,
            "graph_formats": [*GRAPH_FORMATS],
            "may_be_empty": True,
        }
        with compare(paths, folder, options) as run:
            written = {name.partition(".")[2] for name in files(run)}
            assert written >= {*WRITABLE, "dot", "graphml", "mermaid"}


@pytest.mark.parametrize("rules", first_quick([*RULE_SETS]))
def test_persons_that_nobody_touches_again_are_as_they_were(rules: str, tmp_path: Path) -> None:
    """Several logs, each of a team of its own, some of which are over before the next file begins."""
    random = Random(rules)
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        lines = [
            json.dumps({**event, "team_id": team})
            for team in random.sample(range(9), 4)
            for event in nasty_log(random, 30)
        ]
        options = {
            "rules": rules,
            "with_events": random.random() < 0.5,
            "table_formats": random.choice([(), ("csv", "ndjson")]),
            "may_be_empty": True,
        }
        compare(cut(lines, random.choice([2, 4]), random, folder), folder, options).close()


def test_only_those_are_met_again_whom_the_next_file_touches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all their ids and all that were merged into them, each once."""
    event = '{{"event": "{}", "distinct_id": "{}", "properties": {}}}'
    today = [
        *(event.format("e", f"id-{number}", "{}") for number in range(50)),
        event.format("$merge_dangerously", "id-0", '{"alias": "id-1"}'),
        event.format("$identify", "id-2", '{"$anon_distinct_id": "a-2"}'),
    ]
    tomorrow = [
        event.format("e", "id-1", "{}"),
        event.format("$merge_dangerously", "id-3", '{"alias": "a-2"}'),
        *(event.format("e", own, "{}") for own in ("id-0", "a-2", "new")),
    ]
    met: list[int] = []
    take_in = PersonResolver.meet_again

    def meet_again(resolver: PersonResolver, told: Any, *fine: Any) -> None:
        met.extend((*told[0].standing.numbers, *told[0].merged.numbers))
        take_in(resolver, told, *fine)

    monkeypatch.setattr(PersonResolver, "meet_again", meet_again)
    paths = [tmp_path / "today.ndjson", tmp_path / "tomorrow.ndjson"]
    for path, lines in zip(paths, (today, tomorrow), strict=True):
        path.write_text("\n".join(lines))
    compare(paths, tmp_path, {}).close()
    assert sorted(met) == [0, 1, 2, 3]


@pytest.mark.parametrize("rules", first_quick([*RULE_SETS], 2))
def test_a_log_that_was_resolved_in_parts_goes_on(
    rules: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its persons are met again as if they had been resolved at once, and so is what waited at its end."""
    monkeypatch.setattr(parts, "BYTES_OF_A_PART", 3_000)
    monkeypatch.setattr(end_in_pieces, "PIECE", 2)
    monkeypatch.setattr(gathering, "SAMPLED", 1)
    random, waited = Random(f"parts {rules}"), 0
    for number in range(6):
        monkeypatch.setattr(child_process, "WORTH_IT_BYTES", random.choice([0, 1 << 30]))
        folder = tmp_path / str(number)
        folder.mkdir()
        paths = cut(random_lines(random, 60), random.choice([2, 3]), random, folder)
        options = {
            "rules": rules,
            "buffer": random.choice([None, 0, 60, 3_600]),
            "with_events": random.random() < 0.5,
            "evidence": random.random() < 0.8,
            "dedupe": random.random() < 0.3,
            "may_be_empty": True,
        }
        with compare(paths, folder, options, spill=True) as run:
            waited += run.count("held")
    assert waited > 3


STATELESS = sorted(EXAMPLES.keys() - {"ga4", "snowplow"})


def lines_in(dialect: str, random: Random) -> list[str]:
    """A random log in that dialect: its example again and again, with other visitors and users."""
    lines = [line.decode().strip() for _ in range(12) for line in lines_of(dialect)]
    random.shuffle(lines)
    return [
        line.replace(VISITOR, f"visitor-{random.randrange(4)}").replace(USER, f"user-{random.randrange(3)}")
        for line in lines
    ]


@pytest.mark.parametrize("dialect", STATELESS)
def test_a_log_of_any_format_goes_on(dialect: str, tmp_path: Path) -> None:
    random = Random(dialect)
    paths = cut(lines_in(dialect, random), 3, random, tmp_path)
    spill = random.random() < 0.5
    compare(paths, tmp_path, {"dialect": dialect, "may_be_empty": True}, spill=spill).close()


def test_what_one_format_knows_outlasts_files_of_others(tmp_path: Path) -> None:
    random = Random(5)
    lines = lines_in("amplitude", random)
    paths = [tmp_path / f"part{number}.ndjson" for number in range(3)]
    paths[0].write_text("\n".join(lines))
    paths[1].write_text("\n".join(lines_in("segment", random)))
    paths[2].write_text("\n".join(lines[::-1]))
    compare(paths, tmp_path, {"rules": "guide"}).close()


def test_visitors_without_cookies_are_told_apart_from_file_to_file(tmp_path: Path) -> None:
    visit = '{{"event": "{}", "distinct_id": "{}", "uuid": "{}", "properties": {}}}'
    by_mode = '{"$cookieless_mode": true, "$ip": "192.0.2.1"}'
    login = '{"$cookieless_mode": true, "$ip": "192.0.2.1", "$anon_distinct_id": "$posthog_cookieless"}'
    lines = [
        line
        for number in range(3)
        for line in (
            visit.format("$pageview", "$posthog_cookieless", f"a{number}", by_mode),
            visit.format("$identify", f"user-{number}", f"b{number}", login),
        )
    ]
    run = compare(cut(lines, 4, Random(1), tmp_path), tmp_path, {})
    assert run.count("persons") == 3
    run.close()


def test_who_is_internal_by_events_is_known_from_file_to_file(tmp_path: Path) -> None:
    filters = tmp_path / "filters.json"
    filters.write_text('[{"key": "$host", "value": "localhost", "operator": "is_not", "type": "event"}]')
    event = '{{"event": "e", "distinct_id": "{}", "properties": {{"$host": "{}"}}}}'
    lines = [
        event.format(one, host) for one, host in (("a", "localhost"), ("b", "x.example"), ("a", "localhost"))
    ]
    compare(cut(lines, 3, Random(1), tmp_path), tmp_path, {"internal_users": filters}).close()


# What is asked of it, and what it refuses

BOTH = '{"event": "e", "distinct_id": "ada", "now": "2023-03-08T12:00:00Z"}\n'
NEXT = (
    '{"event": "$identify", "distinct_id": "bob", "properties": {"$anon_distinct_id": "ada"}, '
    '"now": "2023-03-09T12:00:00Z"}\n'
)


@pytest.fixture
def days(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A run of one day, the file of that day, and that of the next."""
    today, tomorrow = tmp_path / "today.ndjson", tmp_path / "tomorrow.ndjson"
    today.write_text(BOTH)
    tomorrow.write_text(NEXT)
    replay(today, tmp_path / "run").close()
    return tmp_path / "run", today, tomorrow


def test_a_run_that_goes_on_answers_from_all_its_files(days: tuple[Path, Path, Path], tmp_path: Path) -> None:
    run, today, tomorrow = days
    with replay(tomorrow, continues=run) as found, replay([today, tomorrow], tmp_path / "whole") as whole:
        assert [source["path"] for source in found.sources()] == [str(today), str(tomorrow)]
        assert why(found, "ada", "bob").to_dict() == why(whole, "ada", "bob").to_dict()
        change = Change(without=(f"{tomorrow}:1",))
        assert whatif(found, change).to_dict() == whatif(whole, change).to_dict()
        assert trend(found).to_dict() == trend(whole).to_dict()


def refusal(tomorrow: Path, run: Path, **options: Any) -> str:
    """Why it cannot go on; the run stays as it is."""
    before = (run / "run.db").read_bytes()
    with pytest.raises(IdcliError) as refused:
        replay(tomorrow, continues=run, **options)
    assert (run / "run.db").read_bytes() == before
    return str(refused.value)


def test_it_refuses_other_options(days: tuple[Path, Path, Path]) -> None:
    run, _, tomorrow = days
    assert "--buffer was left out in its replay, and now is 5" in refusal(tomorrow, run, buffer=5)
    assert "--dedupe was not wanted in its replay, and now is wanted" in refusal(tomorrow, run, dedupe=True)
    told = refusal(tomorrow, run, evidence=False)
    assert "which --no-evidence leaves out, was wanted in its replay, and now is not wanted" in told
    assert "its rules were those of the log's own vendor" in refusal(tomorrow, run, rules="guide")
    assert "is one whole" in refusal(tomorrow, run, order="time")
    assert "leave out --spill" in refusal(tomorrow, run, spill=True)
    replay(tomorrow, continues=run, table_formats=("ndjson",), team_id=1).close()


def test_it_refuses_where_a_file_is_not_what_it_was(days: tuple[Path, Path, Path]) -> None:
    run, today, tomorrow = days
    today.write_text(BOTH.replace("ada", "eve"))
    assert f"{today} is not what was replayed any more" in refusal(tomorrow, run)
    today.write_text(BOTH + BOTH)
    assert f"{today} has grown since, and a log goes on with further files" in refusal(tomorrow, run)
    today.unlink()  # what was moved away did not change
    replay(tomorrow, continues=run).close()


def test_what_a_run_was_made_of_is_not_read_again(days: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """Neither when it is named again, nor when the folder is in which it lies."""
    run, today, tomorrow = days
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.ndjson").hardlink_to(today)
    tomorrow.rename(folder / "b.ndjson")
    with replay(folder / "a.ndjson", run) as first:
        events = first.metadata["events"]
    with replay(folder, continues=run) as both, replay(folder, tmp_path / "whole") as whole:
        assert both.metadata["events"] == whole.metadata["events"] > events
        assert both.metadata["passed_over"] == [[str(folder / "a.ndjson"), "it is read already"]]
    for _ in range(2):
        with replay(folder, continues=run) as again:
            assert again.metadata["events"] == whole.metadata["events"]
            assert [path for path, _ in again.metadata["passed_over"]] == [
                str(folder / "a.ndjson"),
                str(folder / "b.ndjson"),
            ]


def test_a_run_goes_on_with_events_that_are_in_no_file(days: tuple[Path, Path, Path], tmp_path: Path) -> None:
    run, today, tomorrow = days
    with (
        replay([json.loads(NEXT)], continues=run) as found,
        replay([today, tomorrow], tmp_path / "whole") as whole,
    ):
        assert tables(found)["persons"] == tables(whole)["persons"]


def test_internal_users_that_are_named_again_are_the_same(tmp_path: Path) -> None:
    today, tomorrow = tmp_path / "today.ndjson", tmp_path / "tomorrow.ndjson"
    for path in (today, tomorrow):
        path.write_text(BOTH)
    users = tmp_path / "staff.txt"
    users.write_text("ada\n")
    replay(today, tmp_path / "run", internal_users=users).close()
    replay(tomorrow, continues=tmp_path / "run", internal_users=users).close()


def test_what_is_remembered_and_damaged_is_told(days: tuple[Path, Path, Path]) -> None:
    run, _, tomorrow = days
    for part, change in {
        "RepeatCounter._in_memory": "UPDATE remembered SET content = x'010203' WHERE part = ?",
        "end.marks": "DELETE FROM remembered WHERE part = ?",
    }.items():
        whole = (run / "run.db").read_bytes()
        with sqlite3.connect(run / "run.db") as database:
            assert database.execute(change, (part,)).rowcount
        database.close()
        seal(run / "run.db")
        assert f"what it remembers: {part}" in refusal(tomorrow, run)
        (run / "run.db").write_bytes(whole)


def test_it_refuses_a_run_of_another_version(
    days: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _, tomorrow = days
    monkeypatch.setattr(earlier_run, "__version__", "9.9")
    assert "wrote it, and this is 9.9" in refusal(tomorrow, run)


def test_it_refuses_what_is_one_whole(days: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, today, tomorrow = days
    for options in ({"order": "arrival"}, {"left_out": (f"{today}:1",)}):
        replay([today, tomorrow], tmp_path / "other", **options).close()
        assert "its log was sorted, or a plan left events out" in refusal(tomorrow, tmp_path / "other")


def test_only_ids_that_the_next_file_touches_have_to_fit_into_memory(tmp_path: Path) -> None:
    event = '{{"event": "e", "distinct_id": "{}"}}'
    today, tomorrow = tmp_path / "today.ndjson", tmp_path / "tomorrow.ndjson"
    today.write_text("\n".join(event.format(f"id-{number}") for number in range(1_000)))
    tomorrow.write_text("\n".join(event.format(f"id-{number}") for number in range(990, 1_010)))
    replay(today, tmp_path / "run", spill=True).close()
    told = refusal(tomorrow, tmp_path / "run", memory=10 * BYTES_OF_AN_ID)
    assert "memory would not hold the ids that the new file touches" in told
    assert "replay all files together, with --spill" in told
    with replay(tomorrow, continues=tmp_path / "run", memory=40 * BYTES_OF_AN_ID) as run:
        assert run.metadata["distinct_ids"] == 1_010
        assert "verdict" not in run.metadata, "nor do audits, that add up something of every id"
    with replay(today, tmp_path / "other") as other:
        assert "verdict" in other.metadata


def test_it_refuses_formats_that_only_the_whole_log_tells_about(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(b"".join(lines_of("snowplow")))
    replay(log, tmp_path / "run").close()
    told = refusal(log, tmp_path / "run")
    assert "snowplow, where a device is its latest user's" in told
    assert "the new file may change what its lines meant" in told
    assert "replay all files together" in told


def test_it_refuses_a_file_of_another_vendor(days: tuple[Path, Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.ndjson"
    other.write_bytes(b"".join(lines_of("mixpanel")))
    assert "its rules are of another vendor" in refusal(other, days[0])


def test_a_run_whose_memory_is_damaged_is_refused(days: tuple[Path, Path, Path]) -> None:
    run, _, tomorrow = days
    for content in (zlib.compress(b'"x"'), b"x"):
        with sqlite3.connect(run / "run.db") as database:
            database.execute("UPDATE remembered SET content = ? WHERE part = 'reader.lines'", (content,))
        database.close()
        seal(run / "run.db")
        assert "what it remembers: reader.lines: " in refusal(tomorrow, run)


def test_a_replay_that_stops_leaves_the_run(days: tuple[Path, Path, Path]) -> None:
    run, _, tomorrow = days
    tomorrow.write_text(NEXT + "torn")
    assert "torn" not in refusal(tomorrow, run, strict=True)


def test_on_the_command_line(days: tuple[Path, Path, Path], tmp_path: Path) -> None:
    run, today, tomorrow = days
    where = ["--run", str(tmp_path / "new")]
    done = CliRunner().invoke(idcli, ["replay", str(tomorrow), "--continue", str(run), *where, "-q"])
    assert (done.exit_code, done.output) == (0, "")
    again = CliRunner().invoke(idcli, ["replay", str(tomorrow), "--continue", str(run), "-q"])
    assert (again.exit_code, again.output) == (0, "")
    replay([today, tomorrow], tmp_path / "whole").close()
    with Run(tmp_path / "new") as new, Run(run) as in_place, Run(tmp_path / "whole") as whole:
        assert tables(new) == tables(in_place) == tables(whole)
