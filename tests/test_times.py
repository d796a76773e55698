"""Times: every spelling is read by one function, and what is none is told."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as some

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.errors import NothingToSortBy
from identity_cli.reports.run_summary import summary
from identity_cli.values.times import parse_time

RunOf = Callable[..., Run]
EIGHT = datetime(2026, 4, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        # what SDKs, browsers and shells write
        "2026-04-01T08:00:00Z",
        "2026-04-01T08:00:00.000000000Z",
        "2026-04-01T08:00:00z",
        "2026-04-01T10:00:00+0200",
        "2026-04-01T01:00:00.000-07:00",
        "2026-04-01T08:00:00Z[UTC]",
        "20260401T080000Z",
        "Wed, 01 Apr 2026 08:00:00 GMT",
        "Wed, 01 Apr 2026 03:00:00 EST",
        "Wed Apr 01 2026 10:00:00 GMT+0200 (Central European Summer Time)",
        "Wed Apr  1 08:00:00 UTC 2026",
        "Wed Apr  1 08:00:00 2026",
        "Apr 1, 2026 @ 08:00:00.000",
        # BigQuery: extracts, query results, its console
        "2026-04-01 08:00:00 UTC",
        "2026-04-01 08:00:00.000000 UTC",
        "2026-04-01 08:00:00+00",
        "1.7750304E9",
        # Snowflake
        "2026-04-01 08:00:00.000 +0000",
        "2026-04-01 01:00:00.000 -0700",
        "Wed, 01 Apr 2026 01:00:00 -0700",
        # Redshift and PostgreSQL
        "2026-04-01 08:00:00 +00",
        "2026-04-01 01:00:00.000-07",
        "2026-04-01 13:30:00+05:30",
        # ClickHouse, pandas
        "2026-04-01 08:00:00.000000",
        "2026-04-01 08:00:00+00:00",
        "2026-04-01 08:00:00.000000000 +00:00",
        # spreadsheets
        "4/1/2026 8:00",
        "04/01/2026 08:00:00",
        "4/1/26 8:00 AM",
        "4/1/2026 8:00:00 a.m.",
        "01.04.2026 08:00",
        "1-Apr-2026 08:00",
        "2026/04/01 8:00",
        "46113.33333333",
        46113.333333333336,
        # since 1970, in any unit, as numbers and as text
        1775030400,
        1775030400.0,
        1775030400_000,
        1775030400_000_000,
        1775030400_000_000_000,
        "1775030400",
        "1775030400000",
        "1775030400000000",
        "1775030400.000",
    ],
    ids=repr,
)
def test_every_spelling_of_a_time_is_read(text: Any) -> None:
    assert parse_time(text) == EIGHT


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("4/1/2026 12:00 AM", 0),
        ("4/1/2026 12:00 PM", 12),
        ("April 1, 2026 8:00 pm", 20),
        ("Apr 1, 2026, 8:00:00 PM", 20),
    ],
)
def test_the_half_of_the_day_counts(text: str, hour: int) -> None:
    assert parse_time(text) == EIGHT.replace(hour=hour)


@pytest.mark.parametrize(
    "odd",
    [
        *("13/04/2026 08:00", "2026-13-01 08:00:00 UTC", "4/1/2026 13:00 PM", "2026-04-01 08:00:00 IST"),
        *("NaT", "nan", "Infinity", "0000-00-00 00:00:00", "1 April", "08:00:00", "20 of 1,000"),
        *("9" * 315, "-" + "9" * 315, int("9" * 315), 1e300, float("nan"), float("-inf"), True, {"a": 1}, []),
        *("2026-04-01 " * 100, "\u0664/\u0661/\u0662\u0660\u0662\u0666 8:00"),
    ],
    ids=lambda odd: repr(odd)[:30],
)
def test_what_has_no_one_meaning_is_no_time(odd: Any) -> None:
    assert parse_time(odd) is None


@given(some.text() | some.floats() | some.integers() | some.from_regex(r"[0-9 :.TZ+/-]{4,30}"))
def test_no_value_breaks_it(value: Any) -> None:
    moment = parse_time(value)
    assert moment is None or moment.tzinfo is not None


@given(some.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1), timezones=some.just(UTC)))
def test_units_and_spellings_name_the_same_moment(moment: datetime) -> None:
    microseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert parse_time(moment.isoformat()) == parse_time(f"{moment:%Y-%m-%d %H:%M:%S.%f} UTC") == moment
    assert parse_time(f"{moment:%a, %d %b %Y %H:%M:%S} GMT") == moment.replace(microsecond=0)
    assert parse_time(f"{moment:%m/%d/%Y %I:%M:%S %p}") == moment.replace(microsecond=0)
    if microseconds > 1e14:  # since March 1973
        assert parse_time(microseconds) == parse_time(str(microseconds)) == moment


# A table as BigQuery extracts it: newest first, times with their zone by name


def table(zone: str = " UTC") -> str:
    rows = [
        ("$set", "bq-1", {"$set": {"plan": "paid"}}, "08:02:00"),
        ("$identify", "bq-1", {"$anon_distinct_id": "b", "$set": {"plan": "trial"}}, "08:01:00.500000"),
        ("$pageview", "b", {}, "08:00:00"),
    ]
    return "".join(
        json.dumps(
            {
                "event": event,
                "distinct_id": distinct_id,
                "properties": json.dumps(properties),
                "timestamp": f"2026-04-01 {clock}{zone}",
                "created_at": f"2026-04-01 {clock}{zone}",
            }
        )
        + "\n"
        for event, distinct_id, properties, clock in rows
    )


@pytest.mark.parametrize("order", [None, "arrival", "time"])
def test_a_warehouse_table_is_replayed_like_the_same_in_rfc_3339(run_of: RunOf, order: str | None) -> None:
    theirs, ours = run_of(table(), order=order), run_of(table("Z"), order=order)
    assert [*theirs.records("persons")] == [*ours.records("persons")]
    ordered = summary(ours).order
    assert summary(theirs)._replace(sources=[], order=ordered) == summary(ours)._replace(sources=[])
    assert summary(theirs).order[2:4] == summary(ours).order[2:4]
    assert json.loads(theirs.find_person("bq-1").properties) == {"plan": "paid"}


@pytest.mark.parametrize("odd", ["", '"x": "2026", ', '"created_at": "?", '], ids=["fast", "more", "patient"])
def test_columns_write_where_the_properties_of_a_row_no_longer_do(run_of: RunOf, odd: str) -> None:
    row = '{%s"event":"$set","distinct_id":"a","properties":%s,"set":%s,"set_once":%s,"team_id":"4"}\n'
    log = row % (odd, '"{}"', '"{\\"plan\\": \\"a\\"}"', '{"first": 1}')
    log += row % (odd, '"{\\"$set\\": {\\"plan\\": \\"b\\"}}"', '"{\\"plan\\": \\"no\\"}"', '"no JSON"')
    run = run_of(log)
    assert json.loads(run.find_person("a").properties) == {"plan": "b", "first": 1}


def test_a_time_that_cannot_be_read_is_told_with_an_example(run_of: RunOf, tmp_path: Path) -> None:
    log = table(" UTC").replace("08:01:00.500000 UTC", "um 8 Uhr")
    run = run_of(log)
    (noticed,) = summary(run).notices
    assert (noticed.kind, noticed.times, noticed.what) == ("unreadable_time", 1, "2026-04-01 um 8 Uhr")
    assert noticed.origin.line == 2
    path = tmp_path / "table.ndjson"
    path.write_text(log)
    told = CliRunner().invoke(idcli, ["replay", str(path), "--run", str(tmp_path / "run")]).stdout
    assert "1 event has a time that cannot be read, e.g. '2026-04-01 um 8 Uhr' at" in " ".join(told.split())
    answer = CliRunner().invoke(
        idcli, ["replay", str(path), "--run", str(tmp_path / "run"), "--format", "json"]
    )
    (notice,) = json.loads(answer.stdout)["notices"]
    assert notice["kind"] == "unreadable_time"
    assert notice["example"]["what"] == "2026-04-01 um 8 Uhr"
    assert (notice["example"]["file"], notice["example"]["line"]) == (str(path), 2)


def test_what_stands_for_no_time_is_not_an_unreadable_one(run_of: RunOf) -> None:
    nothing = ("null", '""', '" "')
    log = "".join(f'{{"event":"e","distinct_id":"a","timestamp":{value},"now":5e9}}\n' for value in nothing)
    assert summary(run_of(log)).notices == []


def test_a_log_cannot_bring_notices_along(run_of: RunOf) -> None:
    forged = '{"event":"e","distinct_id":"a","$$notices":[["unreadable_time","x"]]}\n'
    assert summary(run_of(forged)).notices == []


DIALECTS = {
    "posthog": {"event": "e", "distinct_id": "a", "timestamp": "?"},
    "capture": {"batch": [{"event": "e", "distinct_id": "a", "timestamp": "?"}]},
    "messages": {"data": '{"event":"e"}', "distinct_id": "a", "now": "?"},
    "rows": {"event": "e", "distinct_id": "a", "properties": "{}", "created_at": "?"},
    "segment": {"type": "track", "event": "e", "userId": "a", "writeKey": "w", "receivedAt": "?"},
    "mixpanel": {"event": "e", "properties": {"distinct_id": "a", "time": "?", "mp_lib": "web"}},
    "amplitude": {"event_type": "e", "user_id": "a", "amplitude_id": 1, "event_time": "?"},
}


@pytest.mark.parametrize("line", DIALECTS.values(), ids=DIALECTS)
def test_unreadable_times_are_told_in_every_dialect(run_of: RunOf, line: Any) -> None:
    (noticed,) = summary(run_of(json.dumps(line))).notices
    assert (noticed.kind, noticed.times, noticed.what) == ("unreadable_time", 1, "?")


def test_sorting_tells_how_many_lines_had_nothing_to_sort_by(run_of: RunOf, tmp_path: Path) -> None:
    good = '{"event":"e","distinct_id":"a","now":"2026-04-01T08:00:00Z"}\n'
    bad = '{"event":"e","distinct_id":"a","now":"um 8 Uhr"}\n'
    run = run_of(good + bad + good + bad, order="arrival")
    kinds = {noticed.kind: noticed for noticed in summary(run).notices}
    assert kinds["no_time_to_sort_by"].times == 2
    assert kinds["no_time_to_sort_by"].origin.line == 2
    (tmp_path / "log.ndjson").write_text(good + bad)
    told = CliRunner().invoke(
        idcli, ["replay", str(tmp_path / "log.ndjson"), "--run", str(tmp_path / "r"), "--order", "arrival"]
    )
    assert "1 line has no readable arrival time" in " ".join(told.stdout.split())
    with pytest.raises(NothingToSortBy, match=r"e\.g\. 'um 8 Uhr' at .*:1"):
        run_of(bad, order="arrival")


def test_a_second_process_tells_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("identity_cli.reading.child_process.WORTH_IT_BYTES", 0)
    line = '{"event":"e","distinct_id":"a","timestamp":"%s"}\n'
    log = tmp_path / "log.ndjson"
    log.write_text(50 * (line % "2026-04-01" + line % "x"))
    apart = summary(replay(log, tmp_path / "apart"))
    together = summary(replay(log, tmp_path / "together", one_process=True))
    assert apart.notices == together.notices != []
