"""What one call comes to is one event of its line, and what touches nobody is an event all the same."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from identity_cli import Change, Run, replay, whatif
from identity_cli.dialects import DIALECTS, mixpanel
from identity_cli.dialects.base import DecodeAll, Item, Wanted
from identity_cli.errors import LineRejected
from identity_cli.reports.run_summary import books, summary

Line = dict[str, Any] | list[Any]


def run_of(folder: Path, lines: list[Line], **options: Any) -> Run:
    log = folder / "log.ndjson"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return replay(log, folder / "run", **{"buffer": 0, "strict": True, **options})


def login(user: str, device: str, time: int = 1777887000) -> dict[str, Any]:
    """A line of Mixpanel's simplified API that is an event and links a device."""
    inside = {"distinct_id": user, "$user_id": user, "$device_id": device, "time": time, "mp_lib": "web"}
    return {"event": "Log In", "properties": inside}


MAP = ("distinct_id=user", "anonymous_id=device", "event=name", "alias=was", "timestamp=at")

LINKED: dict[str, tuple[Line, dict[str, Any]]] = {
    "mixpanel": (login("u", "d"), {}),
    "mixpanel identify": ({**login("u", "d"), "event": "$identify"}, {}),
    "amplitude": (
        {"event_type": "order", "amplitude_id": 1, "user_id": "u", "device_id": "d"}
        | {"event_time": "2026-05-04 09:30:00"},
        {},
    ),
    "generic": ({"name": "order", "user": "u", "device": "d", "at": 1777887000}, {"mapping": MAP}),
    "generic alias": ({"name": "order", "user": "u", "was": "d", "at": 1777887000}, {"mapping": MAP}),
}


@pytest.mark.parametrize("form", LINKED)
@pytest.mark.parametrize("rules", ["guide", "2022-12", "current"])
@pytest.mark.parametrize("order", [None, "time"])
def test_a_link_beside_an_event_is_no_event_of_its_own(
    form: str, rules: str, order: str | None, tmp_path: Path
) -> None:
    line, options = LINKED[form]
    run = run_of(tmp_path, [line], rules=rules, order=order, with_events=True, dedupe=True, **options)
    assert [str(line) for line in books(run)][:3] == [
        "1 line = 1 event",
        "1 event = 1 attributed",
        "1 link = 1 created",
    ]
    assert summary(run).repeats == 0, "not its own repeat"
    assert [row[1] for row in run.records("events")] == [1]
    assert [row[1] for row in run.records("links")] == [1]
    (person,) = run.persons()
    assert person.event_count == 1
    assert {one.distinct_id for one in run.ids_of(person.person)} == {"u", "d"}


def test_a_batch_counts_its_calls_not_what_they_come_to(tmp_path: Path) -> None:
    run = run_of(tmp_path, [[login("u", "d"), login("v", "e")], login("u", "d", 1777887001)])
    assert str(books(run)[0]) == "3 lines and events in batches = 3 events"
    assert [*run.origins.batches] == [(1, 1, 2)]


def test_two_processes_tell_of_links_and_of_nobodys_events_as_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[Line] = [login("u", "d"), GROUP_UPDATE, login("v", "d"), login("v", "d", 1777887001)]
    run_of(tmp_path, lines, with_events=True, one_process=True)
    alone = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    monkeypatch.setattr("identity_cli.reading.child_process.WORTH_IT_BYTES", 0)
    run_of(tmp_path, lines, with_events=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == alone


GROUP_UPDATE: Line = {"$token": "t", "$group_key": "company", "$group_id": "acme", "$set": {"plan": "pro"}}


@pytest.mark.parametrize(
    ("dialect", "line"),
    [
        ("mixpanel", GROUP_UPDATE),
        ("segment", {"type": "delete", "userId": "u", "messageId": "api-1"}),
        ("rudderstack", {"type": "record", "action": "insert", "recordId": "1", "channel": "sources"}),
        ("rudderstack", {"type": "audiencelist", "userId": "u", "channel": "sources"}),
    ],
)
def test_an_event_that_concerns_no_person_is_booked_and_never_rejected(
    dialect: str, line: Line, tmp_path: Path
) -> None:
    run = run_of(tmp_path, [line], with_events=True)
    assert [source["dialect"] for source in run.sources()] == [dialect]
    assert [str(line) for line in books(run)][:2] == ["1 line = 1 event", "1 event = 1 touching nobody"]
    assert run.count("persons") == 0
    (noted,) = summary(run).touching_nobody
    assert noted.origin.line == 1
    assert [row[8] for row in run.records("events")] == [noted.what], "and says why in the table of events"


def test_events_that_touch_nobody_are_sorted_by_their_arrival(tmp_path: Path) -> None:
    lines: list[Line] = [
        {"type": "delete", "userId": "u", "receivedAt": "2026-05-04T09:31:00Z", "version": 2},
        {"type": "track", "event": "e", "userId": "u", "receivedAt": "2026-05-04T09:30:00Z", "version": 2},
    ]
    run = run_of(tmp_path, lines, order="arrival", with_events=True)
    assert [row[3] for row in run.records("events")] == ["e", "delete"]


# A pair is linked by its first line: by the next one, where that is left out


def who(run: Run) -> list[list[str]]:
    return sorted(sorted(one.distinct_id for one in run.ids_of(row.person)) for row in run.persons())


@pytest.mark.parametrize("order", [None, "time"])
def test_left_out_lines_link_nothing_and_the_next_line_of_the_pair_does(
    order: str | None, tmp_path: Path
) -> None:
    """Replayed without some lines, a log gives what it gives with these lines deleted."""
    lines: list[Line] = [login(user, "d", 1777887000 + index) for index, user in enumerate("uvvuv")]
    for out in ([1], [2], [2, 3], [2, 3, 5], [1, 4]):
        left = [line for number, line in enumerate(lines, 1) if number not in out]
        edited = who(run_of(tmp_path, left, order=order))
        places = tuple(f"{tmp_path / 'log.ndjson'}:{number}" for number in out)
        assert who(run_of(tmp_path, lines, order=order, left_out=places)) == edited, out
        run = run_of(tmp_path, lines, order=order)
        assert whatif(run, Change(without=places)).persons[1] == len(edited), out


def test_ids_that_python_calls_equal_are_two(tmp_path: Path) -> None:
    lines: list[Line] = [{"user": user, "device": "d", "name": "e"} for user in (1, True, "1")]
    run = run_of(tmp_path, lines, mapping=MAP)
    assert [(row[6], row[7]) for row in run.records("links")] == [("d", "1"), ("d", "true")]


# A bug of ours in a dialect


def test_a_bug_in_a_dialect_costs_the_line_that_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbling(wanted: Wanted) -> DecodeAll:
        decode = mixpanel.decoder(wanted)

        def events(line: bytes) -> Sequence[Item]:
            if b"trip" in line:
                raise ZeroDivisionError("over a stone")
            return decode(line)

        return events

    broken = dataclasses.replace(mixpanel.DIALECT, decoder=stumbling)
    monkeypatch.setitem(DIALECTS, "mixpanel", broken)
    lines: list[Line] = [login("u", "d"), login("trip", "d"), login("v", "e")]
    for order in (None, "time"):
        run = run_of(tmp_path, lines, strict=False, order=order)
        assert run.metadata["events"] == 2
        (rejected,) = map(json.loads, run.rejected_lines())
        assert rejected["line"] == 2
        assert "trip" in rejected["raw"], "the line is shown, as it shows the bug"
        assert rejected["reason"].endswith("ZeroDivisionError: over a stone")
    with pytest.raises(LineRejected, match=r"log.ndjson:2.*bug"):
        run_of(tmp_path, lines, strict=True)
