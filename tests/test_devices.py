"""Vendors who keep users apart: a device goes to its latest user, and no user to another."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from identity_cli import Run, replay

RunOf = Callable[..., Run]
Event = tuple[str, str | None, int]
"""A device, its user, and when."""


def ga4(event: Event) -> str:
    device, user, second = event
    return json.dumps(
        {
            "event_name": "page_view",
            "event_timestamp": str(1_777_887_000_000_000 + second * 1_000_000),
            "user_id": user,
            "user_pseudo_id": device,
            "event_params": [],
        }
    )


def snowplow(event: Event) -> str:
    device, user, second = event
    moment = f"2026-05-04T09:{second // 60:02}:{second % 60:02}.000Z"
    return json.dumps(
        {
            "event_id": f"e-{second}",
            "event": "page_view",
            "user_id": user,
            "domain_userid": device,
            "collector_tstamp": moment,
            "derived_tstamp": moment,
        }
    )


def snowplow_columns(event: Event) -> str:
    """As the enriched stream has it: 131 columns, most of them empty."""
    device, user, second = event
    moment = f"2026-05-04 09:{second // 60:02}:{second % 60:02}.000"
    cells = [""] * 131
    cells[0], cells[1], cells[3], cells[5], cells[6] = "shop", "web", moment, "page_view", f"e-{second}"
    cells[12], cells[15], cells[124], cells[126] = user or "", device, moment, "page_view"
    return "\t".join(cells)


FORMS = {"ga4": ga4, "snowplow": snowplow, "snowplow columns": snowplow_columns}


def groups(run: Run) -> list[list[str]]:
    return sorted(sorted(json.loads(row[3])) for row in run.records("persons"))


def log_of(form: str, events: list[Event]) -> str:
    return "".join(FORMS[form](event) + "\n" for event in events)


TWO_USERS: list[Event] = [
    ("d1", None, 1),
    ("d1", "ada", 2),
    ("d2", "ada", 3),
    ("d1", "bob", 4),
    ("d1", None, 5),
]


@pytest.mark.parametrize("form", FORMS)
def test_two_users_on_one_device_stay_two_and_the_latest_has_it(run_of: RunOf, form: str) -> None:
    run = run_of(log_of(form, TWO_USERS))
    assert groups(run) == [["ada", "d2"], ["bob", "d1"]]
    assert run.find_person("d1").event_count == 3
    assert run.metadata["events"] == 5


@pytest.mark.parametrize("form", FORMS)
def test_the_latest_is_so_by_time_whatever_the_order_of_lines_and_files(form: str, tmp_path: Path) -> None:
    whole = log_of(form, TWO_USERS).splitlines(keepends=True)
    for files in ([whole[::-1]], [whole[3:], whole[:3]], [whole[:1], whole[1:]]):
        paths = []
        for number, lines in enumerate(files):
            paths.append(tmp_path / f"{len(files)}-{number}")
            paths[-1].write_text("".join(lines))
        for order in (None, "time"):
            run = replay(paths, tmp_path / "run", order=order)
            assert groups(run) == [["ada", "d2"], ["bob", "d1"]]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(8))
def test_random_logs_have_each_device_with_its_latest_user(run_of: RunOf, form: str, seed: int) -> None:
    chance = Random(f"devices {seed}")
    events: list[Event] = [
        (chance.choice("pqrst"), chance.choice([None, "ada", "bob", "eve"]), second) for second in range(40)
    ]
    chance.shuffle(events)
    in_time = sorted(events, key=lambda event: event[2])
    expected = {device: user for device, user, _ in in_time if user is not None}
    people: dict[str, set[str]] = {user: {user} for _, user, _ in events if user is not None}
    for device in {device for device, _, _ in events}:
        people.setdefault(expected.get(device, device), set()).add(device)
    for rules in ("guide", "current"):
        assert groups(run_of(log_of(form, events), rules=rules)) == sorted(map(sorted, people.values()))


def test_an_id_is_the_same_as_a_number_and_as_text(tmp_path: Path) -> None:
    """Whoever exports a column of numbers, some tools write them as one, some as the other."""
    log = tmp_path / "log.ndjson"
    log.write_text(log_of("ga4", [(7, "ada", 0), ("7", 42, 1)]))  # type: ignore[list-item]
    assert groups(replay(log, tmp_path / "run")) == [["42", "7"], ["ada"]]


def test_from_a_pipe_a_device_is_its_first_users(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(log_of("ga4", TWO_USERS),))
    writer.start()
    run = replay(pipe, tmp_path / "run", rules="guide")
    writer.join()
    assert groups(run) == [["ada", "d1", "d2"], ["bob"]]


def test_events_given_as_objects_are_read_once(run_of: RunOf) -> None:
    run = run_of([json.loads(ga4(event)) for event in TWO_USERS])
    assert groups(run) == [["ada", "d1", "d2"], ["bob"]]


def test_a_known_form_needs_no_map_but_its_name(run_of: RunOf) -> None:
    run = run_of(log_of("snowplow columns", TWO_USERS), mapping=("snowplow",))
    assert groups(run) == [["ada", "d2"], ["bob", "d1"]]


# What only one of them has


def test_ga4_sets_user_properties_and_holds_rows_without_consent(run_of: RunOf) -> None:
    properties = [
        {"key": "plan", "value": {"string_value": "pro", "set_timestamp_micros": "1"}},
        {"key": "visits", "value": {"int_value": "7"}},
        {"key": "nothing", "value": {}},
        "odd",
    ]
    row = {**json.loads(ga4(("d1", "ada", 1))), "user_properties": properties}
    nobody = {**json.loads(ga4(("d1", None, 2))), "user_pseudo_id": None}
    run = run_of([row, nobody])
    assert json.loads(run.find_person("ada").properties) == {"plan": "pro", "visits": 7}
    assert run.metadata["events"] == 2
    assert groups(run) == [["ada", "d1"]]


@pytest.mark.parametrize(
    "contexts",
    [
        {"contexts_com_snowplowanalytics_snowplow_client_session_1": [{"userId": "phone-1"}]},
        {"contexts_com_snowplowanalytics_snowplow_client_session_1": '[{"user_id": "phone-1"}]'},
        {
            "contexts": {
                "data": [
                    {
                        "schema": "iglu:com.snowplowanalytics.snowplow/client_session/jsonschema/1-0-2",
                        "data": {"userId": "phone-1"},
                    }
                ]
            }
        },
    ],
    ids=["SDK", "row", "entities"],
)
def test_on_mobile_the_device_of_snowplow_is_in_the_session(run_of: RunOf, contexts: dict[str, Any]) -> None:
    event = {**json.loads(snowplow(("", "ada", 1))), "domain_userid": None, **contexts}
    assert groups(run_of(json.dumps(event))) == [["ada", "phone-1"]]


def test_rows_of_warehouses_that_write_capitals_are_read(run_of: RunOf) -> None:
    event = {key.upper(): value for key, value in json.loads(snowplow(("d1", "ada", 1))).items()}
    assert groups(run_of(json.dumps(event))) == [["ada", "d1"]]
