"""A log that goes on another day: what comes of it is what replaying all of it together gives."""

import json
import zlib
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lanes import first_quick
from nasty_logs import nasty_log
from outcomes import events_of, left_by, wire
from test_second_process import BEYOND_MESSAGEPACK, UNUSABLE

from identity_cli import Run, replay
from identity_cli.reading import child_process, duplicates, login_windows, periods, shared_values
from identity_cli.reading.intake import log_of
from identity_cli.reading.options import GoingOn, ReplayOptions
from identity_cli.replaying.replayer import replay_log
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import RULE_SETS
from identity_cli.store.seal import SEAL


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
        waited += len(end.waiting)
        first.finish()
        again = PersonResolver(RULE_SETS[rules], buffer_seconds=seconds)
        again.go_on([*first.everybody(7)], end)
        assert told + again.apply_all(1 + half, events[half:]) + again.finish() == journal
        assert left_by(again) == left_by(whole)
        assert [*again.everybody()] == [*whole.everybody()]
    assert waited > 10


# A run


def tables(run: Run) -> dict[str, list[Any]]:
    """Every row of every table, in order."""
    names = [name for (name,) in run.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: [*run.database.execute(f"SELECT * FROM {name}")] for name in names}
    found["run"] = [row for row in found["run"] if row[0] != SEAL]
    found["remembered"] = [*map(in_order, found["remembered"])]
    return found


def in_order(part: tuple[str, int, bytes]) -> tuple[str, int, Any]:
    """A part of what is remembered; of hashes, which are in no order, all that there are."""
    name, nth, content = part
    if name == "end.events":  # of which a line may say more than what goes on
        return name, nth, [{**event, "options": None} for event in json.loads(zlib.decompress(content))]
    if not name.startswith(("RepeatCounter._in_memory", "RepeatCounter._elsewhere")):
        return name, nth, zlib.decompress(content)
    return name, nth, sorted(content[at : at + 8] for at in range(0, len(content), 8))


def files(run: Run) -> dict[str, bytes]:
    """The files beside the database."""
    return {path.name: path.read_bytes() for path in run.folder.iterdir() if path.name != "run.db"}


def cut(lines: list[str], parts: int, random: Random, folder: Path) -> list[Path]:
    """Lines as so many files, none of them empty."""
    at = sorted(random.sample(range(1, len(lines)), parts - 1))
    paths = [folder / f"part{number}.ndjson" for number in range(parts)]
    for path, start, stop in zip(paths, [0, *at], [*at, len(lines)], strict=True):
        path.write_text("\n".join(lines[start:stop]) + "\n")
    return paths


def compare(paths: list[Path], folder: Path, options: dict[str, Any]) -> Run:
    """Hold a run that goes on file by file against that of all of them; the former."""
    whole = replay(paths, folder / "whole", **options)
    run = replay(paths[:1], folder / "run", **options)
    for path in paths[1:]:
        run.close()
        going_on = GoingOn(folder / "run")
        shown = {name: options[name] for name in ("table_formats", "one_process") if name in options}
        run = replay_log(log_of([str(path)]), folder / "run", ReplayOptions(**shown), going_on=going_on)
    expected, found = tables(whole), tables(run)
    for name in expected:
        assert found[name] == expected[name], name
    assert files(run) == files(whole)
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
