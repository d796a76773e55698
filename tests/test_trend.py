"""The figures of a run over time: unique users however many ids they have, and where the numbers jumped."""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from click.testing import CliRunner
from tampering import change

from identity_cli import Run, trend
from identity_cli.cli import idcli
from identity_cli.errors import RunUnreadable, UnknownChoice
from identity_cli.reading import periods
from identity_cli.reports.over_time import Beginning
from identity_cli.store.redaction import redacted_copy
from identity_cli.tables.period_columns import id_hash

WEB = {"$lib": "web", "$lib_version": "1.0"}


def event(when: str, who: str, name: str = "visit", **properties: object) -> str:
    line = {"event": name, "distinct_id": who, "timestamp": when, "properties": {**WEB, **properties}}
    return json.dumps(line)


def visits(days: Iterable[int], month: str = "2023-05") -> list[str]:
    """On each day of the month so many visitors, the same ones again."""
    return [
        event(f"{month}-{day:02}T10:00:00Z", f"u{number}")
        for day, count in enumerate(days, 1)
        for number in range(count)
    ]


def figures(run: Run, by: str, what: str, **how: Any) -> dict[str, Any]:
    return {str(one.begins)[:13]: getattr(one, what) for one in trend(run, by, **how).periods}


def test_a_person_of_several_ids_counts_once_in_every_period(run_of: Callable[..., Run]) -> None:
    """The two ids are one person in the end, so also on the day before that came out."""
    log = [
        event("2023-05-07T22:30:00Z", "a1"),
        event("2023-05-07T22:40:00Z", "u1"),
        event("2023-05-07T23:10:00+00:30", "u1"),
        event("2023-05-08T01:00:00Z", "u1", "$identify", **{"$anon_distinct_id": "a1"}),
        event("2023-05-08T03:00:00Z", "a2"),
    ]
    run = run_of("\n".join(log), rules="current")
    assert figures(run, "hour", "persons") == {"2023-05-07 22": 1, "2023-05-08 01": 1, "2023-05-08 03": 1}
    assert figures(run, "hour", "events") == {"2023-05-07 22": 3, "2023-05-08 01": 1, "2023-05-08 03": 1}
    assert figures(run, "day", "persons") == {"2023-05-07 00": 1, "2023-05-08 00": 2}
    assert figures(run, "day", "new_persons") == {"2023-05-07 00": 1, "2023-05-08 00": 1}
    assert figures(run, "week", "persons") == {"2023-05-01 00": 1, "2023-05-08 00": 2}
    assert figures(run, "day", "links") == {"2023-05-07 00": {}, "2023-05-08 00": {"merged": 1}}


def test_apart_by_library_a_person_counts_under_each(run_of: Callable[..., Run]) -> None:
    node = {"$lib": "node", "$lib_version": "3"}
    day = "2023-05-07T10:00:00Z"
    log = [
        event(day, "a"),
        event(day, "a", **node),
        event(day, "undefined", "$identify", **{**node, "$anon_distinct_id": "a"}),
    ]
    found = trend(run_of("\n".join(log)), by_library=True).periods
    assert [(one.sender and one.sender.lib, one.events, one.persons, one.new_persons) for one in found] == [
        ("node", 2, 2, 1),
        ("web", 1, 1, 1),
    ]
    assert [(one.links, one.warnings) for one in found] == [({"refused_illegal": 1}, 1), ({}, 0)]


@pytest.mark.parametrize(
    ("days", "jumps"),
    [
        ([20, 22, 19, 60, 21], {4: ["persons"]}),
        ([20, 22, 19, 27, 21], {}),  # 1.35 times, and what chance does
        ([2000, 2010, 1990, 2400, 2000], {}),  # beyond chance, and 1.2 times
        ([2, 60, 60], {}),  # the first day of a log is mostly cut off
    ],
)
def test_a_jump_is_more_than_chance_and_more_than_a_third(
    days: list[int], jumps: dict[int, list[str]], run_of: Callable[..., Run]
) -> None:
    found = trend(run_of("\n".join(visits(days)), buffer=0, table_formats=(), graph_formats=())).periods
    told = {one.begins.day: [jump.figure for jump in one.jumps if jump.figure == "persons"] for one in found}
    assert {day: names for day, names in told.items() if names} == jumps


def test_the_finding_that_began_in_a_period_is_named_there(run_of: Callable[..., Run]) -> None:
    run = run_of("\n".join(visits([1, 1])))
    begun = [Beginning("missing-reset", "2023-05-02T09:00:00.000Z"), Beginning("hot-id", None)]
    assert figures(run, "day", "findings", findings=begun) == {
        "2023-05-01 00": [],
        "2023-05-02 00": ["missing-reset"],
    }


def test_events_without_a_time_are_in_no_period(run_of: Callable[..., Run]) -> None:
    undated = '{"event": "e", "distinct_id": "a"}\n'
    found = trend(run_of(undated + event("2023-05-01T10:00:00Z", "a")))
    assert (found.undated, [one.events for one in found.periods]) == (1, [1])
    assert trend(run_of(undated)) == ("day", [], 1)


def test_days_without_events_are_gaps_unless_most_are(run_of: Callable[..., Run]) -> None:
    near, far = event("2023-05-03T10:00:00Z", "a"), event("2033-05-03T10:00:00Z", "a")
    log = [event("2023-05-01T10:00:00Z", "a"), near]
    assert [one is None for one in trend(run_of("\n".join(log))).shown] == [False, True, False]
    assert [one is None for one in trend(run_of("\n".join([*log, far]))).shown] == [False, False, False]


def test_parts_and_many_senders_make_no_difference(
    run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = "\n".join(
        event(
            f"2023-05-0{1 + number % 3}T10:00:00Z", f"u{number % 7}", "visit", **{"$lib_version": number % 5}
        )
        for number in range(60)
    )
    whole = trend(run_of(log))
    monkeypatch.setattr(periods, "KEYS_AT_ONCE", 1)
    monkeypatch.setattr(periods, "MOST_SENDERS", 2)
    parted = run_of(log)
    assert trend(parted) == whole
    assert len({one.sender for one in trend(parted, by_library=True).periods}) == 3


def test_a_run_that_shows_no_internal_users_counts_none(run_of: Callable[..., Run], tmp_path: Any) -> None:
    staff = tmp_path / "staff.txt"
    staff.write_text("u0\n")
    run = run_of("\n".join(visits([2, 1])), internal_users=str(staff))
    run.show_internal("exclude")
    assert figures(run, "day", "events") == {"2023-05-01 00": 1}


def test_damaged_columns_are_told_as_such(run_of: Callable[..., Run]) -> None:
    run = run_of(visits([1])[0])
    change(run.folder, "UPDATE periods SET ids = x'00'")
    with pytest.raises(RunUnreadable, match="periods are damaged"):
        trend(Run(run.folder))


def test_another_period_is_refused(run_of: Callable[..., Run]) -> None:
    with pytest.raises(UnknownChoice, match="month"):
        trend(run_of(visits([1])[0]), "month")


def test_the_page_shows_bars_marks_and_the_last_periods(
    run_of: Callable[..., Run], terminal: Callable[[int], None]
) -> None:
    terminal(80)
    run = run_of("\n".join(visits([20, 20, 20, 60, *[20] * 20])), buffer=0)
    shown = CliRunner().invoke(idcli, ["trend", "--run", str(run.folder)]).stdout.splitlines()
    assert shown[0] == "unique users   ▃▃▃█▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃  at most 60"
    marked = [line for line in shown if line.endswith("!")]
    assert [line[:10] for line in marked] == ["2023-05-04"]
    assert "… and 9 more; --all shows them" in shown
    assert shown[-1] == "  2023-05-04: unique users 20 → 60, new users 0 → 40"
    assert max(map(len, shown)) <= 80


def test_csv_has_a_figure_a_column(run_of: Callable[..., Run]) -> None:
    run = run_of("\n".join(visits([1, 2])))
    shown = CliRunner().invoke(idcli, ["trend", "--run", str(run.folder), "--format", "csv"]).stdout
    assert shown.splitlines() == [
        "period,lib,lib_version,events,unique_persons,new_persons,links,created,attached,merged,refused,"
        "warnings,findings,jumps",
        "2023-05-01,,,1,1,1,0,0,0,0,0,0,,",
        "2023-05-02,,,2,2,1,0,0,0,0,0,0,,",
    ]


def test_a_redacted_run_counts_the_same_and_knows_no_id(run_of: Callable[..., Run], tmp_path: Any) -> None:
    run = run_of("\n".join(visits([2, 3])), buffer=0)
    with redacted_copy(run.folder, b"key", lambda one: False) as (copy, _), Run(copy) as redacted:
        assert trend(redacted) == trend(run)
        (ids,) = redacted.database.execute("SELECT ids FROM periods").fetchone()
        known = {id_hash(1, f"u{number}").to_bytes(8, sys.byteorder) for number in range(3)}
        assert not any(one in ids for one in known)
        assert "verdict" not in redacted.metadata
        assert not [*redacted.id_index(), *redacted.landmarks()]


def test_a_log_of_one_day_is_told_to_ask_by_the_hour(run_of: Callable[..., Run]) -> None:
    lines = [
        f'{{"event":"e","distinct_id":"a","timestamp":"2024-01-0{day}T10:00:00Z"}}\n' for day in (1, 2, 3)
    ]
    hint = "idcli trend --by hour"
    for days, is_said in ((1, True), (3, False)):
        run = run_of("".join(lines[:days]))
        assert (hint in CliRunner().invoke(idcli, ["trend", "--run", str(run.folder)]).stdout) == is_said
