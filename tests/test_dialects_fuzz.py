"""Mutated lines of every dialect: no line stops a replay, none is lost, and two processes agree with one."""

import json
import random
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from dialect_examples import EXAMPLES, lines_of
from lanes import every_nth_quick, first_quick

from identity_cli import Run, replay
from identity_cli.errors import AmbiguousDialect
from identity_cli.reading.decoding import FAULT_OF_OURS
from identity_cli.reports.run_summary import books

Random = random.Random


DEEP = [50, 400, 919, 920, 960, 1_500]
"""Levels of nesting; written at the end, as no encoder goes so deep."""

ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 2**63, 2**70, 10**400, 1e308, "", " ", "null"),
    *("\ud800", "a\0b", "7" * 315, "9999-99-99", "0001-01-01T00:00:00+23:59"),
    *([], {}, [None], [[]], {"a": []}, ["x", "y"], {"batch": [None]}),
    *(f"levels {levels}" for levels in DEEP),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything inside a JSON value."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [place for key, inner in items for place in places(inner, (*path, key))]


def mutated(line: Any, chance: Random) -> Any:
    """A copy with something else, nothing, or more in one or two places."""
    line = json.loads(json.dumps(line))
    for _ in range(chance.choice((1, 1, 2))):
        where = places(line)
        if not where:
            return line
        *path, last = chance.choice(where)
        holder = line
        for key in path:
            holder = holder[key]
        match chance.randrange(5):
            case 0:
                del holder[last]
            case 1 if isinstance(holder, dict):
                holder[chance.choice(("event", "type", "batch", "data", "distinct_id", "$set"))] = deepcopy(
                    chance.choice(ODD)
                )
            case _:
                holder[last] = deepcopy(chance.choice(ODD))
    match chance.randrange(12):
        case 0:
            return [line, None, line]
        case 1:
            return {"batch": [line, [], line], "sentAt": 3}
        case 2:
            return {"batch": [None], "event": "e", "type": []}
    return line


def text_of(line: Any, chance: Random) -> bytes:
    """The line as JSON, now and then with bytes that are wrong."""
    text = bytearray(dumped(line))
    if chance.random() < 0.1:
        for _ in range(chance.randrange(1, 4)):
            text[chance.randrange(len(text))] = chance.randrange(256)
    return bytes(text).replace(b"\n", b" ") + b"\n"


def dumped(line: Any) -> bytes:
    text = json.dumps(line)
    for levels in DEEP:
        text = text.replace(f'"levels {levels}"', "[" * levels + "1" + "]" * levels)
    return text.encode()


def fuzzed_log(dialect: str, seed: int, folder: Path, lines: int = 120) -> Path:
    chance = Random(f"{dialect} {seed}")
    log = folder / "log.ndjson"
    example = EXAMPLES[dialect]
    log.write_bytes(b"".join(text_of(mutated(chance.choice(example), chance), chance) for _ in range(lines)))
    return log


def holds(run: Run, lines: int) -> None:
    assert all(line.balances for line in books(run)), [str(line) for line in books(run)]
    assert run.metadata["lines"] == lines
    rejected = [json.loads(line) for line in run.rejected_lines()]
    faults = [line for line in rejected if FAULT_OF_OURS in line["reason"]]
    assert not faults, faults[0]
    assert all(1 <= line["line"] <= lines for line in rejected)


@pytest.mark.parametrize("seed", first_quick(range(3)))
@pytest.mark.parametrize("dialect", EXAMPLES)
def test_no_line_stops_a_replay(dialect: str, seed: int, tmp_path: Path) -> None:
    log = fuzzed_log(dialect, seed, tmp_path)
    for rules in ("guide", "current"):
        run = replay(log, tmp_path / "run", rules=rules, dialect=dialect, with_events=True)
        holds(run, 120)
        run.close()
    with suppress(AmbiguousDialect):
        holds(replay(log, tmp_path / "run", order="time"), 120)


@pytest.mark.parametrize("dialect", every_nth_quick(EXAMPLES, 4))
def test_two_processes_read_mutated_lines_as_one_does(
    dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = fuzzed_log(dialect, 99, tmp_path)
    replay(log, tmp_path / "one", dialect=dialect, with_events=True, one_process=True).close()
    monkeypatch.setattr("identity_cli.reading.child_process.WORTH_IT_BYTES", 0)
    replay(log, tmp_path / "two", dialect=dialect, with_events=True).close()
    assert contents(tmp_path / "two") == contents(tmp_path / "one")


def contents(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.iterdir()}


@pytest.mark.parametrize("dialect", EXAMPLES)
@pytest.mark.parametrize("other", every_nth_quick(EXAMPLES, 4))
def test_lines_of_another_dialect_are_read_or_rejected(dialect: str, other: str, tmp_path: Path) -> None:
    """Beside lines of its own: a file without any event is refused."""
    log = tmp_path / "log.ndjson"
    lines = [*lines_of(other), *lines_of(dialect)]
    log.write_bytes(b"".join(lines))
    holds(replay(log, tmp_path / "run", dialect=dialect), len(lines))


DEEP_ID = "[" * 960 + "1" + "]" * 960
ONCE_FATAL = [
    '{"type":[]}',
    '{"type":{},"userId":"u"}',
    '{"type":"\\ud800","userId":"u"}',
    f'{{"type":"track","event":"e","userId":{DEEP_ID}}}',
    f'{{"type":"identify","userId":"u","traits":{DEEP_ID}}}',
    f'{{"event":{DEEP_ID},"distinct_id":"u"}}',
    '{"event":"e","distinct_id":"u","timestamp":"' + "7" * 315 + '"}',
    '{"event":"e","distinct_id":"u","timestamp":' + "7" * 315 + "}",
    '{"event":"e","properties":{"distinct_id":"u","mp_lib":"w","time":' + "7" * 315 + "}}",
    f'{{"event":"e","properties":{{"distinct_id":{DEEP_ID},"mp_lib":"web"}}}}',
    '{"event":"e","properties":' + "[" * 1_000 + "]" * 1_000 + "}",
    '{"event_type":"e","amplitude_id":1,"user_id":"u","user_properties":' + "[" * 1_000 + "]" * 1_000 + "}",
    f'{{"event_type":"e","amplitude_id":{DEEP_ID},"user_id":{DEEP_ID}}}',
    '{"batch":[null],"event":"e"}',
    '{"batch":[null,[],"x",3],"writeKey":"w"}',
    '{"batch":[null,[],"x",3],"api_key":"phc"}',
    "[null]",
    "[[[]]]",
]
"""Lines that once stopped a replay."""


@pytest.mark.parametrize("line", ONCE_FATAL)
def test_lines_that_once_stopped_a_replay_do_so_no_more(line: str, tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    for dialect in (None, *EXAMPLES):
        good = EXAMPLES[dialect or "posthog"]  # a file without one event is refused as a whole
        log.write_text(line + "\n" + "".join(json.dumps(one) + "\n" for one in good))
        run = replay(log, tmp_path / "run", dialect=dialect)
        holds(run, 1 + len(good))
        run.close()
