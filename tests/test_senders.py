"""Which library sent what, and when: in the tables of events, links and warnings, whatever the format."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from outcomes import rows_of

from identity_cli import Run

AT = "2023-03-15T13:4{}:00Z"
WEB = {"$lib": "web", "$lib_version": "1.51.0"}
POSTHOG = "\n".join(
    json.dumps(
        {"event": event, "distinct_id": "u1", "timestamp": AT.format(minute), "properties": properties}
    )
    for minute, (event, properties) in enumerate(
        (
            ("$pageview", WEB),
            ("$identify", {"$anon_distinct_id": "undefined", **WEB}),
            ("order", {"$lib": 7, "$lib_version": [1]}),
            ("order", {}),
        )
    )
)
SENT = ("time", "lib", "lib_version")


def sent(run: Run, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in SENT) for row in rows_of(run, table)]


def test_events_links_and_warnings_carry_time_library_and_version(run_of: Callable[..., Run]) -> None:
    run = run_of(POSTHOG, with_events=True, table_formats=("ndjson",))
    web = ("2023-03-15T13:41:00.000Z", "web", "1.51.0")
    assert sent(run, "links") == sent(run, "warnings") == [web]
    assert sent(run, "events") == [
        ("2023-03-15T13:40:00.000Z", "web", "1.51.0"),
        web,
        ("2023-03-15T13:42:00.000Z", "7", "[1]"),
        ("2023-03-15T13:43:00.000Z", None, None),
    ]


LIBRARIES = {
    "segment": (
        {
            "type": "track",
            "event": "order",
            "userId": "u1",
            "messageId": "ajs-next-1",
            "context": {"library": {"name": "analytics.js", "version": "4.1.0"}},
        },
        ("analytics.js", "4.1.0"),
    ),
    "call-rows": (
        {
            "id": "m1",
            "received_at": "2023-03-15 13:44:00",
            "sent_at": "2023-03-15 13:44:00",
            "user_id": "u1",
            "anonymous_id": "a1",
            "event": "order",
            "context_library_name": "analytics.js",
            "context_library_version": "4.1.0",
        },
        ("analytics.js", "4.1.0"),
    ),
    "mixpanel": (
        {
            "event": "order",
            "properties": {
                "distinct_id": "u1",
                "time": 1678887840,
                "mp_lib": "web",
                "$lib_version": "2.45.0",
            },
        },
        ("web", "2.45.0"),
    ),
    "amplitude": (
        {"event_type": "order", "user_id": "user1", "amplitude_id": 7, "library": "amplitude-js/8.21.4"},
        ("amplitude-js", "8.21.4"),
    ),
    "snowplow": (
        {"event_name": "order", "user_id": "u1", "event_id": "e1", "v_tracker": "js-3.5.0"},
        ("snowplow", "js-3.5.0"),
    ),
}


@pytest.mark.parametrize("dialect", LIBRARIES)
def test_each_format_names_the_library_in_its_own_place(run_of: Callable[..., Run], dialect: str) -> None:
    line, sender = LIBRARIES[dialect]
    run = run_of(json.dumps(line), dialect=dialect, with_events=True, table_formats=("ndjson",))
    assert [one[1:] for one in sent(run, "events")] == [sender]
