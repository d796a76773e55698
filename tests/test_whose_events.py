"""The events of a person, and whose each was when it came: from the log and from the run that keeps them."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dialect_examples import EXAMPLES, NAMELESS, lines_of

from identity_cli import Run, person_events, replay
from identity_cli.cli import idcli
from identity_cli.errors import BadMoment, LogGone, NotOfThatPerson
from identity_cli.store.reading.moved_log import moved_paths

SAMPLE = "sample_data/events.ndjson"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return replay(SAMPLE, tmp_path_factory.mktemp("events") / "run", table_formats="none")


def lines(run: Run, wanted: str, **asked: Any) -> list[int]:
    return [one.origin.line for one in person_events(run, wanted, **asked).events]


def test_whose_orders_they_are(run: Run) -> None:
    assert lines(run, "user_ivo", of="user_ivo") == [244, 245, 246, 247, 248]
    assert 293 in lines(run, "user_ivo", of="user_hanna")
    assert len(lines(run, "user_ivo")) == 13
    with pytest.raises(NotOfThatPerson):
        person_events(run, "user_ivo", of="user_olga")


def test_each_event_tells_whose_it_was_before_the_merges(run: Run) -> None:
    whose = Counter(one.then.known_as for one in person_events(run, "user_nils").events if one.then)
    assert whose.keys() == {"user_nils", "user_olga", "user_petra"}
    then = {one.origin.line: one.then and one.then.known_as for one in person_events(run, "user_nils").events}
    assert (then[64], then[296], then[297]) == ("user_olga", "user_nils", "user_nils")


def test_a_part_of_them(run: Run) -> None:
    assert lines(run, "user_ivo", since="246", until="events.ndjson:248") == [246, 247, 248]
    assert lines(run, "user_ivo", since="2023-03-16") == [293]
    assert lines(run, "user_ivo", until="2023-03-15T11:02:41Z") == [184, 185]
    assert lines(run, "user_ivo", since="2023-03-15", until="2023-03-15") == lines(run, "user_ivo")[:-1]
    with pytest.raises(BadMoment, match="cannot read --since 'soon'"):
        person_events(run, "user_ivo", since="soon")


def test_a_run_that_keeps_its_events_says_the_same(run: Run, tmp_path: Path) -> None:
    kept = replay(SAMPLE, tmp_path / "kept", with_events=True, table_formats="none")
    for wanted in ("user_ivo", "user_nils", "guest", "10482"):
        assert person_events(kept, wanted).events == person_events(run, wanted).events, wanted


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_event_of_every_dialect_is_somebody_s_and_has_its_library(name: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"".join(lines_of(name)))
    done = replay(log, tmp_path / "run", table_formats="none")
    for person in done.persons():
        found = person_events(done, person.person_id).events
        assert len(found) == person.event_count
        assert name in NAMELESS or all(one.library for one in found)


def test_repeats_that_were_skipped_are_nobody_s_events(run_of: Callable[..., Run]) -> None:
    event = {"event": "e", "distinct_id": 1e21, "uuid": "u", "timestamp": "2024-01-01T00:00:00Z"}
    log = "\n".join(map(json.dumps, (event, event, {**event, "uuid": "v"})))
    assert lines(run_of(log, dedupe=True), "1e+21") == [1, 3]
    assert lines(run_of(log), "1e+21") == [1, 2, 3]


def test_machines_get_each_with_its_library(run: Run) -> None:
    result = CliRunner().invoke(idcli, ["events", "user_ivo", "--run", run.name, "--format", "ndjson"])
    first = json.loads(result.stdout.splitlines()[0])
    assert (first["library"], first["then"]) == ("posthog-android", "user_hanna")
    assert first["time"] == "2023-03-15T11:02:01.267Z"


def test_without_its_log_a_run_says_so(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_text('{"event":"e","distinct_id":"a"}\n')
    done = replay(log, tmp_path / "run")
    log.unlink()
    with pytest.raises(LogGone):
        person_events(done, "a")


@pytest.mark.parametrize("as_folder", [False, True])
def test_a_log_that_has_moved_is_read_where_it_is(tmp_path: Path, as_folder: bool) -> None:
    (tmp_path / "old").mkdir()
    log = tmp_path / "old" / "log.ndjson"
    log.write_bytes(Path(SAMPLE).read_bytes())
    done = replay(log, tmp_path / "run", table_formats="none")
    (tmp_path / "old").rename(tmp_path / "new")
    asked = ["events", "user_ivo", "--run", done.name]
    lost = CliRunner().invoke(idcli, asked)
    assert lost.exit_code == 2
    assert "--log PATH" in lost.stderr
    place = tmp_path / "new" if as_folder else tmp_path / "new" / "log.ndjson"
    found = CliRunner().invoke(idcli, [*asked, "--log", str(place), "--format", "ndjson"])
    assert json.loads(found.stdout.splitlines()[0])["file"] == str(tmp_path / "new" / "log.ndjson")
    for command in (
        ["why", "user_olga", "user_nils"],
        ["culprits", "user_nils"],
        ["blame", "user_nils", "email"],
    ):
        assert CliRunner().invoke(idcli, [*command, "--run", done.name, "--log", str(place)]).exit_code == 0


def test_members_of_an_archive_that_has_moved() -> None:
    old = ["data/export.zip/a.json", "data/export.zip/b.json"]
    assert moved_paths(old, "now/export.zip") == {one: one.replace("data", "now") for one in old}
