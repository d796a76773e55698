"""What watchers see in a block depends on no other: looked at in any order, and sent, it is taken as ever."""

import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from audit_logs import NEAR_MISSES, TRIGGERS, event
from dialect_examples import EXAMPLES, lines_of
from test_spilled import lines_of_a_nasty_log

from identity_cli.internal_users import read_internal_users
from identity_cli.reading import duplicates, reader, source_choice
from identity_cli.reading.intake import Intake, log_of
from identity_cli.reading.log_items import Item, Rows
from identity_cli.reading.options import ReplayOptions
from identity_cli.reading.own_ids import OwnIds
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import remembered
from identity_cli.reading.watcher import Watcher, Watching, watched
from identity_cli.reading.watchers import BATCH_WATCHERS, WATCHERS

SAMPLE = Path(__file__).parent.parent / "sample_data"
SEEN_AT_ONCE = 3
"""So many processes look."""


class Blocks(Intake):
    """Keeps a log's blocks as watchers would get them."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.blocks: list[Block] = []

    def _watched(self, block: Block) -> Iterator[Item]:
        self.blocks.append(block)
        return iter(())


def logs() -> dict[str, bytes]:
    """All example logs, by name; those of a dialect twice, as repeats are looked for."""
    found = {path.stem: path.read_bytes() for path in Path(__file__).parent.glob("*logs/*.ndjson")}
    found["sample"] = (SAMPLE / "events.ndjson").read_bytes()
    found |= {name: b"".join(lines_of(name)) * 20 for name in EXAMPLES}
    for name, examples in (("triggers", TRIGGERS), ("near misses", NEAR_MISSES)):
        found[name] = b"".join(json.dumps(one).encode() + b"\n" for log in examples.values() for one in log)
    misplaced = {**event("ada", "$identify"), "$anon_distinct_id": "a"}
    found["misplaced keys"] = json.dumps(misplaced).encode() + b"\n"
    times = [{"now": f"2026-05-04T09:00:0{second}+02:00"} for second in (1, 3, 2)]
    zones = [{**event("ada"), "uuid": None, **time} for time in (*times, {}, *times)]
    found["times elsewhere"] = b"".join(json.dumps(one).encode() + b"\n" for one in zones)
    for seed in range(8):
        found[f"nasty {seed}"] = b"".join(lines_of_a_nasty_log(Random(seed)))
    return found


LOGS = logs()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[ReplayOptions], Sequence[Watcher]]:
    """made(options): every watcher there is, with blocks of a few lines and bursts of few repeats."""
    for module in (reader, source_choice):
        monkeypatch.setattr(module, "BLOCK_BYTES", 3_000)
    monkeypatch.setattr(duplicates, "A_BURST", 2)

    def watchers(options: ReplayOptions) -> Sequence[Watcher]:
        rules = options.applied_rules
        filters = read_internal_users(SAMPLE / "test_account_filters.json")
        given = Watching(rules, options.team_id, False, False, tmp_path, filters, OwnIds(rules))
        some = [make(given) for make in (*WATCHERS, *BATCH_WATCHERS)]
        return [one for one in some if one is not None]

    return watchers


def told(watchers: Sequence[Watcher], found: list[Rows]) -> list[tuple[Any, ...]]:
    """All that watchers told, and what they remember in the end."""
    kept = [row for one in watchers for row in remembered(type(one).__name__, one, one.remembers)]
    last = [rows for one in watchers for rows in one.rows()]
    return [*((rows.table, [*rows.rows]) for rows in (*found, *last)), *kept]


def blocks_of(path: Path, options: ReplayOptions, watchers: Sequence[Watcher]) -> Sequence[Block]:
    """Of a log, with what these watchers need."""
    intake = Blocks(log_of([str(path)]), options, watchers, path.parent)
    assert [item for item in intake if isinstance(item, Rows)]
    return intake.blocks


@pytest.mark.parametrize("name", LOGS)
def test_blocks_are_looked_at_side_by_side(
    made: Callable[[ReplayOptions], Sequence[Watcher]], tmp_path: Path, name: str
) -> None:
    path = tmp_path / "log.ndjson"
    path.write_bytes(LOGS[name])
    random = Random(name)
    options = ReplayOptions(rules=random.choice(["guide", "2023-09", "current"]))
    blocks = blocks_of(path, options, made(options))
    ours = made(options)
    plain = told(ours, [rows for block in blocks for rows in watched(ours, block)])

    elsewhere = [made(options) for _ in range(SEEN_AT_ONCE)]
    looked: dict[int, bytes] = {}
    for block in random.sample(blocks, len(blocks)):
        theirs = random.choice(elsewhere)
        looked[block.first_seq] = pickle.dumps([one.look(block) for one in theirs])
    taking = made(options)
    found = [
        rows
        for _, sent in sorted(looked.items())
        for one, seen in zip(taking, pickle.loads(sent), strict=True)
        if seen is not None
        for rows in one.take(seen)
    ]
    assert told(taking, found) == plain


def test_every_watcher_sees_something_in_these_logs(
    made: Callable[[ReplayOptions], Sequence[Watcher]], tmp_path: Path
) -> None:
    path = tmp_path / "log.ndjson"
    watchers = made(ReplayOptions())
    seeing: set[str] = set()
    for content in LOGS.values():
        path.write_bytes(content)
        blocks = blocks_of(path, ReplayOptions(), watchers)
        seeing |= {type(one).__name__ for block in blocks for one in watchers if one.look(block) is not None}
    assert seeing == {type(one).__name__ for one in watchers}
