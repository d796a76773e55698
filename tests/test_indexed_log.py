"""What is read by the index is what the whole log says: the same events, each with the same clock."""

import gzip
import json
import zlib
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lanes import first_quick
from nasty_logs import nasty_log
from tampering import change

from identity_cli import Run, replay
from identity_cli.counterfactual import raw_events
from identity_cli.counterfactual.component import scope_of
from identity_cli.errors import LogChanged
from identity_cli.files.landmarks import LandmarkedFile, Landmarks
from identity_cli.replaying.again import indexed_log
from identity_cli.replaying.again.indexed_log import events_naming

Event = dict[str, Any]
T = "2026-05-04T09:{:02}:{:02}Z"


def event(distinct_id: str, second: int, name: str = "e", **properties: Any) -> Event:
    return {
        "event": name,
        "distinct_id": distinct_id,
        "timestamp": T.format(second // 60 % 60, second % 60),
        "properties": properties,
    }


def replayed(folder: Path, lines: list[Any], **options: Any) -> Run:
    log = folder / "log.ndjson"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return replay(log, folder / "run", table_formats=(), graph_formats=(), **options)


def steps(run: Run, names: set[str]) -> list[Any]:
    """What a question about these ids is answered from."""
    found = scope_of(run, [(1, name) for name in names]).steps
    return [(seq, event.distinct_id, event.event, event.properties.set, clock) for seq, event, clock in found]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that small logs have several."""
    monkeypatch.setattr("identity_cli.reading.reader.BLOCK_BYTES", 700)
    monkeypatch.setattr("identity_cli.reading.source_choice.BLOCK_BYTES", 700)
    monkeypatch.setattr("identity_cli.reading.id_index.SEQS_AT_ONCE", 16)
    monkeypatch.setattr("identity_cli.replaying.again.indexed_log.WORTH_IT", 2)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("rules", ["guide", "current"])
@pytest.mark.parametrize("seed", first_quick(range(40), 8))
def test_the_index_finds_what_the_whole_log_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: str, seed: int
) -> None:
    random = Random(f"index {seed}")
    run = replayed(tmp_path, nasty_log(random, 120), rules=rules)
    known = sorted({source for _, source, _ in run.link_pairs()} | {"ada", "", "nobody"})
    asked = [{one} for one in random.sample(known, min(5, len(known)))] + [set(known)]
    assert indexed_log._by_index(run, set(known)) is not None
    by_index = [steps(run, names) for names in asked]
    monkeypatch.setattr(indexed_log, "_by_index", lambda *_: None)
    assert by_index == [steps(run, names) for names in asked]


@pytest.mark.parametrize("seed", range(3))
def test_events_are_read_whole_from_their_lines_or_in_one_pass(tmp_path: Path, seed: int) -> None:
    log = nasty_log(Random(f"whole {seed}"), 60)
    run = replayed(tmp_path, [*log[:20], {"batch": log[20:25]}, *log[25:]])
    seqs = [seq for seq, *_ in indexed_log._all_of(run, None)]
    by_landmarks = raw_events._by_landmarks(run, seqs)
    assert by_landmarks == raw_events._in_one_pass(run, seqs)
    assert by_landmarks is not None
    assert len(by_landmarks) > 20


@pytest.mark.usefixtures("small_blocks")
def test_only_the_blocks_of_an_id_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = replayed(tmp_path, [event("u" if number == 50 else f"p{number}", number) for number in range(100)])
    read: list[tuple[int, int]] = []
    lines = LandmarkedFile.lines

    def noted(self: LandmarkedFile, first: int, last: int) -> list[bytes]:
        read.append((first, last))
        return lines(self, first, last)

    monkeypatch.setattr(LandmarkedFile, "lines", noted)
    found = [(seq, clock.minute * 60 + clock.second) for seq, _, _, clock in events_naming(run, {"u"})]
    assert found == [(51, 49)]
    assert len(read) == 1
    assert read[0][1] - read[0][0] < 10


@pytest.mark.parametrize("changed", ["an event of it", "the length"])
def test_a_changed_log_is_noticed(tmp_path: Path, changed: str) -> None:
    link = event("u", 1, "$identify", **{"$anon_distinct_id": "a"})
    run = replayed(tmp_path, [event("a", 0), link])
    log = Path(run.sources()[0]["path"])
    text = log.read_text()
    log.write_text(text.replace('"e"', '"f"') if changed == "an event of it" else text + "\n")
    with pytest.raises(LogChanged):
        scope_of(run, [(1, "u")])


@pytest.mark.parametrize("packed", [b"", b"x", 7, zlib.compress(b"abc"), zlib.compress(b"")])
@pytest.mark.parametrize(
    "column", ["id_index.own", "id_index.block_seqs", "landmarks.lines", "landmarks.ends"]
)
def test_with_a_damaged_index_the_log_is_read_whole(tmp_path: Path, column: str, packed: Any) -> None:
    run = replayed(tmp_path, [event("a", 0), event("u", 1)])
    table, name = column.split(".")
    change(run.folder, f"UPDATE {table} SET {name} = ?", cell=packed)
    found = events_naming(Run(run.folder), {"a"})
    assert [seq for seq, event, *_ in found if event.distinct_id == "a"] == [1]


def test_what_cannot_be_read_by_lines_is_read_whole(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson.gz"
    log.write_bytes(gzip.compress(b"".join(json.dumps(event(one, 0)).encode() + b"\n" for one in "ab")))
    run = replay(log, tmp_path / "run")
    assert indexed_log._by_index(run, {"a"}) is None
    assert [seq for seq, event, *_ in events_naming(run, {"a"}) if event.distinct_id == "a"] == [1]


def test_lines_are_found_wherever_pieces_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    random = Random(3)
    lines = [b"x" * random.randrange(40) + b"\n" for _ in range(200)]
    path.write_bytes(b"".join(lines))
    marks, data = Landmarks(), memoryview(path.read_bytes())
    for start in range(0, len(data), 111):
        marks.add_piece(data[start : start + 111])
    for start in range(0, len(lines), 7):
        marks.add_lines(lines[start : start + 7])
    assert marks.are_exact
    file = LandmarkedFile(str(path), Landmarks.unpacked(marks.packed))
    for _ in range(200):
        first, last = sorted(random.sample(range(1, 201), 2))
        assert file.lines(first, last) == lines[first - 1 : last]
    file.close()
