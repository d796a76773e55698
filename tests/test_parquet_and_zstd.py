"""Logs as Parquet and Zstandard: the same rows give the same persons; without the library, one sentence."""

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from dialect_examples import EXAMPLES

from identity_cli import Run, replay, verify
from identity_cli.dialects import DIALECTS
from identity_cli.dialects.base import Wanted
from identity_cli.errors import ColumnsUnreadable, ExtraMissing, LogUnreadable
from identity_cli.files.opening import rows_of
from identity_cli.reading.decoding import Reading
from identity_cli.reading.spared_columns import needed_columns

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
zstandard = pytest.importorskip("zstandard")

SAMPLE = Path(__file__).parent.parent / "sample_data" / "events.ndjson"


def rows() -> list[dict[str, Any]]:
    """The sample's events as a batch export has them."""
    exported = []
    for line in SAMPLE.read_text().splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if not isinstance(event, dict) or not event.get("event") or not event.get("distinct_id"):
            continue
        inside = {
            **event.get("properties", {}),
            **{k: v for k, v in event.items() if k in ("$set", "$set_once")},
        }
        exported.append(
            {
                "uuid": event.get("uuid"),
                "event": event["event"],
                "distinct_id": str(event["distinct_id"]),
                "properties": json.dumps(inside),
                "created_at": datetime.fromisoformat(event["now"]) if event.get("now") else None,
                "elements_chain": None,
            }
        )
    return exported


def table_of(unit: str) -> Any:
    created = pa.array([row["created_at"] for row in rows()], pa.timestamp("us", "UTC"))
    columns = {name: [row[name] for row in rows()] for name in rows()[0] if name != "created_at"}
    return pa.table({**columns, "created_at": created.cast(pa.timestamp(unit, "UTC"))})


def told(run: Run) -> list[tuple[Any, ...]]:
    return [row[1:] for row in run.records("persons")]


@pytest.mark.parametrize("unit", ["us", "ns", "ms"])
def test_parquet_rows_are_those_of_json_lines(unit: str, tmp_path: Path) -> None:
    pq.write_table(table_of(unit), tmp_path / "export.parquet", row_group_size=50)
    lines = tmp_path / "export.jsonl"
    lines.write_text("".join(json.dumps(row, default=datetime.isoformat) + "\n" for row in rows()))
    ours, theirs = replay(tmp_path / "export.parquet", tmp_path / "a"), replay(lines, tmp_path / "b")
    assert ours.sources()[0]["dialect"] == "posthog-rows"
    assert told(ours) == told(theirs)
    assert len(told(ours)) > 40
    assert ours.sources()[0]["size"] == (tmp_path / "export.parquet").stat().st_size


def test_odd_columns_are_passed_over(tmp_path: Path) -> None:
    table = pa.table(
        {
            "event": ["e"],
            "distinct_id": ["u"],
            "properties": pa.array([{"$set": {"plan": "pro"}}]),
            "raw": pa.array([b"\xff\x00"]),
            "amount": pa.array([7], pa.decimal128(9, 2)),
            "day": pa.array([datetime(2026, 5, 4, tzinfo=UTC).date()]),
            "tags": pa.array([["a", None]]),
        }
    )
    pq.write_table(table, tmp_path / "export.parquet")
    run = replay(tmp_path / "export.parquet", tmp_path / "run", strict=True)
    assert json.loads(run.find_person("u").properties) == {"plan": "pro"}


def test_nanoseconds_structures_and_strings_that_are_no_utf8(tmp_path: Path) -> None:
    moment = pa.array([1_777_888_999_123_456_789], pa.timestamp("ns"))
    bad = pa.array([b"caf\xe9"], pa.binary()).view(pa.string())
    uuid = pa.array([bytes(range(240, 256))], pa.binary(16))
    table = pa.table({"event": ["e"], "distinct_id": ["u"], "timestamp": moment, "raw": bad, "id": uuid})
    pq.write_table(table, tmp_path / "export.parquet")
    (line,) = rows_of(str(tmp_path / "export.parquet"))
    assert b"caf\xe9" in line
    assert b'"2026-05-04T10:03:19.123456789Z"' in line
    assert b'"f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff"' in line


def test_an_export_of_persons_as_parquet(tmp_path: Path) -> None:
    run = replay(SAMPLE, tmp_path / "run")
    columns: dict[str, list[Any]] = {"distinct_id": [], "team_id": [], "person_id": []}
    for one, team, _, person in run.members():
        for name, value in zip(columns, (one, team, person), strict=True):
            columns[name].append(value)
    pq.write_table(pa.table(columns), tmp_path / "persons.parquet")
    assert verify(run, persons=[str(tmp_path / "persons.parquet")]).agrees


def test_an_export_of_persons_is_needed_whole(tmp_path: Path) -> None:
    run = replay(SAMPLE, tmp_path / "run")
    table_with_damage(tmp_path / "persons.parquet", "odd")
    with pytest.raises(ColumnsUnreadable, match=r"persons\.parquet: 'odd' cannot be decoded"):
        verify(run, persons=[str(tmp_path / "persons.parquet")])


def test_parquet_that_is_cut_off(tmp_path: Path) -> None:
    whole = io.BytesIO()
    pq.write_table(table_of("us"), whole)
    (tmp_path / "cut.parquet").write_bytes(whole.getvalue()[:900])
    with pytest.raises(LogUnreadable, match=r"cut\.parquet"):
        replay(tmp_path / "cut.parquet", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def table_with_damage(log: Path, column: str, rows: int = 9) -> None:
    """Rows of a table, and a column of it of which no byte is right."""
    texts = {"event": ["e"] * rows, "distinct_id": ["ada"] * rows, "odd": [f"o{n}" * 50 for n in range(rows)]}
    pq.write_table(pa.table(texts), log, compression="zstd", row_group_size=2_500)
    groups = pq.read_metadata(log)
    group = groups.row_group(groups.num_row_groups - 1)
    (place,) = (group.column(index) for index in range(3) if group.column(index).path_in_schema == column)
    at = place.dictionary_page_offset or place.data_page_offset
    data = bytearray(log.read_bytes())
    data[at : at + place.total_compressed_size] = b"\xff" * place.total_compressed_size
    log.write_bytes(data)


@pytest.mark.parametrize("rows", [9, 6_000])
def test_a_column_that_cannot_be_decoded_and_that_no_event_needs_is_left_out(
    rows: int, tmp_path: Path
) -> None:
    log = tmp_path / "log.parquet"
    table_with_damage(log, "odd", rows)
    run = replay(log, tmp_path / "run")
    assert run.find_person("ada").event_count == rows
    assert run.metadata["notices"]["unreadable_column"]["what"] == "odd"


@pytest.mark.parametrize("mapping", [None, ["distinct_id=distinct_id", "event=event", "anonymous_id=odd"]])
def test_a_column_that_cannot_be_decoded_and_that_events_need_stops_the_replay(
    mapping: list[str] | None, tmp_path: Path
) -> None:
    log = tmp_path / "log.parquet"
    table_with_damage(log, "odd" if mapping else "distinct_id")
    with pytest.raises(ColumnsUnreadable, match=r"'(odd|distinct_id)' cannot be decoded, and is needed"):
        replay(log, tmp_path / "run", mapping=mapping or ())


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_a_column_is_needed_if_an_event_is_another_one_without_it(name: str) -> None:
    reading = Reading(Wanted(every_link=True), DIALECTS[name])
    decode = partial(reading.afresh, DIALECTS[name])
    for row in (row for row in EXAMPLES[name] if isinstance(row, dict)):
        whole = decode()(json.dumps(row).encode())
        for column in (name for name, value in row.items() if not isinstance(value, list | dict)):
            rest = json.dumps({key: value for key, value in row.items() if key != column}).encode()
            if str(decode()(rest)) != str(whole):
                assert needed_columns([column], [rest], decode) == [column]


def test_parquet_from_standard_input_is_refused(tmp_path: Path) -> None:
    asked = [sys.executable, "-m", "identity_cli", "replay", "-", "--run", str(tmp_path / "run")]
    ended = subprocess.run(asked, input=b"PAR1" + bytes(99), capture_output=True, check=False)
    assert ended.returncode == 2
    assert b"has to be a file" in ended.stderr


def test_a_named_pipe_is_read_once_from_its_first_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = Thread(target=lambda: (tmp_path / "pipe").write_bytes(SAMPLE.read_bytes()))
    writer.start()
    ours = replay(tmp_path / "pipe", tmp_path / "a")
    writer.join()
    assert told(ours) == told(replay(SAMPLE, tmp_path / "b"))


def test_zstandard_frames_and_what_is_skipped_between_them(tmp_path: Path) -> None:
    compress = zstandard.ZstdCompressor().compress
    half = len(SAMPLE.read_bytes()) // 2
    data = SAMPLE.read_bytes()
    skipped = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"
    (tmp_path / "log.zst").write_bytes(compress(data[:half]) + skipped + compress(data[half:]))
    assert told(replay(tmp_path / "log.zst", tmp_path / "a")) == told(replay(SAMPLE, tmp_path / "b"))


def test_zstandard_that_is_cut_off_or_broken(tmp_path: Path) -> None:
    whole = zstandard.ZstdCompressor().compress(SAMPLE.read_bytes())
    (tmp_path / "cut.zst").write_bytes(whole[:-40])
    with pytest.raises(LogUnreadable, match="cut off"):
        replay(tmp_path / "cut.zst", tmp_path / "run")
    (tmp_path / "broken.zst").write_bytes(whole[:20] + b"\xff" * 200)
    with pytest.raises(LogUnreadable):
        replay(tmp_path / "broken.zst", tmp_path / "run")


@pytest.mark.parametrize(("name", "library"), [("zstd", "zstandard"), ("parquet", "pyarrow")])
def test_without_the_library_the_extra_is_named(
    name: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.write_bytes({"zstd": b"\x28\xb5\x2f\xfd", "parquet": b"PAR1"}[name] + bytes(99))
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ExtraMissing, match=rf"pip install 'idcli\[{name}\]'"):
        replay(log, tmp_path / "run")
    assert not (tmp_path / "run").exists()
