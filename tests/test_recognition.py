"""Which dialect a log is of: by its marks, each vendor's own, weighed line by line."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dialect_examples import EXAMPLES, USER, VISITOR, lines_of

from identity_cli import replay
from identity_cli.cli.terminal.summary_json import document
from identity_cli.dialects import DIALECTS, POSTHOG, detected, whose_rules
from identity_cli.dialects.base import Mark, Weight
from identity_cli.dialects.recognition import recognised, weight_of
from identity_cli.errors import AmbiguousDialect
from identity_cli.reports.run_summary import summary


def name_of(*lines: Any) -> str:
    return detected("log", [json.dumps(line).encode() for line in lines]).name


def call(library: str = "", **fields: Any) -> dict[str, Any]:
    context = {"context": {"library": {"name": library}}} if library else {}
    return {"type": "track", "event": "e", "userId": "u", "anonymousId": "a", **context, **fields}


STORED = {"receivedAt": "2026-05-04T09:30:00Z", "originalTimestamp": "2026-05-04T09:29:00Z"}
SENT = {"originalTimestamp": "2026-05-04T09:29:00Z", "sentAt": "2026-05-04T09:29:01Z"}


@pytest.mark.parametrize(
    ("vendor", "line"),
    [
        # What names RudderStack comes before all else, even what only Segment's servers write.
        ("rudderstack", call("RudderLabs JavaScript SDK", **STORED, version=2, projectId="p")),
        ("rudderstack", call("rudder-analytics-python", messageId="ajs-1")),
        ("rudderstack", call("analytics-go", **STORED, rudderId="r")),
        # What tells of Segment comes before a channel, which its servers add to all they store.
        ("segment", call("analytics.js", **STORED, channel="client", projectId="p", version=2)),
        ("segment", call("analytics-node", **STORED, channel="server", projectId="p")),
        ("segment", call("analytics-php", **STORED, channel="server", writeKey="w")),
        ("segment", call("analytics-java", **STORED, channel="server", version=2)),
        ("segment", call("@segment/analytics-node", **STORED, channel="server")),
        ("segment", call("analytics-go", **STORED, channel="server", messageId="api-1")),
        ("segment", call(messageId="ajs-next-1", **SENT, channel="client")),
        ("segment", call(messageId="node-next-1", **SENT, channel="client")),
        ("segment", call("analytics-swift", **STORED, channel="mobile")),
        ("segment", call("analytics-kotlin", **STORED, channel="mobile")),
        ("segment", call("Analytics.NET", **STORED)),
        # RudderStack's libraries set originalTimestamp themselves; Segment's never did.
        ("rudderstack", call("analytics-node", **SENT, messageId="node-1")),
        ("rudderstack", call("analytics-node", **SENT, channel="server")),
        ("rudderstack", call("analytics-go", **STORED, channel="server")),
        ("rudderstack", call(channel="web")),
        ("segment", call("analytics-node", messageId="node-1")),
        ("segment", call("analytics-go", timestamp="2026-05-04T09:29:00Z")),
        ("segment", call("analytics-java")),
        ("segment", call("analytics-ruby")),
        ("segment", call()),
    ],
)
def test_segment_and_rudderstack_are_told_apart_by_the_strongest_mark(
    vendor: str, line: dict[str, Any]
) -> None:
    assert name_of(line) == vendor
    around = {key: line.pop(key) for key in ("writeKey", "sentAt") if key in line}
    assert name_of({**around, "batch": [line]}) == vendor, "in a body, the first call tells"


def test_a_call_that_shows_nothing_of_its_vendor_asks_which() -> None:
    with pytest.raises(AmbiguousDialect, match="segment or rudderstack"):
        name_of(call("analytics-node", **STORED, messageId="node-1"))


def test_a_line_that_names_its_vendor_tells_for_those_that_could_be_anybodys() -> None:
    plain = [call(timestamp="2026-05-04T09:29:00Z")] * 50
    assert name_of(*plain) == "segment"
    assert name_of(*plain, call(rudderId="r")) == "rudderstack"


def test_a_line_astray_does_not_turn_a_log_over() -> None:
    stored = [call(**STORED, projectId="p", version=2)] * 50
    assert name_of(call("RudderLabs", **STORED), *stored) == "segment"
    events = [{"event": "e", "distinct_id": "u", "properties": {"$lib": "web"}}] * 3
    assert name_of({"event": "e", "properties": {"distinct_id": "u", "mp_lib": "web"}}, *events) == "posthog"


@pytest.mark.parametrize("name", DIALECTS)
def test_marks_stand_in_the_order_of_their_weight(name: str) -> None:
    dialect = DIALECTS[name]
    for marks in (dialect.marks, *dialect.own_rules.values()):
        weights = [mark.weight for mark in marks]
        assert weights == sorted(weights, reverse=True)


def test_a_further_vendor_edits_no_neighbour() -> None:
    """Its own marks decide, for its lines and against everybody else's."""
    sixth = replace(
        DIALECTS["segment"],
        name="sixth",
        marks=(Mark(Weight.NAMED, lambda value: isinstance(value, dict) and "sixthId" in value),),
    )
    known = {**DIALECTS, "sixth": sixth}
    line = json.dumps({"event": "e", "distinct_id": "u", "sixthId": 6}).encode()
    assert recognised("log", [line], known, POSTHOG).name == "sixth"
    assert recognised("log", [b'{"event": "e", "distinct_id": "u"}'], known, POSTHOG).name == "posthog"


def test_a_mark_that_stumbles_over_a_line_does_not_show_it() -> None:
    broken = replace(DIALECTS["segment"], name="broken", marks=(Mark(Weight.NAMED, lambda value: value[0]),))
    assert recognised("log", [b"{}"], {"broken": broken}, POSTHOG) is POSTHOG


@pytest.mark.parametrize(
    "line",
    [
        *('{"type":[]}', '{"type":{},"userId":1}', '{"batch":[null],"event":"e"}', '{"batch":[[]]}'),
        *('{"event":{"a":1},"properties":[]}', '{"context":{"library":[]},"type":"track","userId":[]}'),
        *("[null]", "3", "[]", "{}", "null"),
    ],
)
def test_odd_lines_among_the_first_stop_nothing(line: str) -> None:
    assert detected("log", [line.encode()]).name in DIALECTS


def test_a_folder_that_mixes_dialects_says_so_for_each(tmp_path: Path) -> None:
    logs = {
        "a.ndjson": [call(version=2, receivedAt="2026-05-04T09:30:00Z")] * 2,
        "b.ndjson": [{"event": "e", "properties": {"mp_lib": "web", "distinct_id": "u", "time": 1777887000}}],
        "c.ndjson": [call("@segment/analytics-node")],
        "d.ndjson": [],
    }
    (tmp_path / "logs").mkdir()
    for name, lines in logs.items():
        (tmp_path / "logs" / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = document(summary(replay(tmp_path / "logs", tmp_path / "run")))
    assert [(one["name"], one["files"], one["lines"]) for one in told["dialects"]] == [
        ("segment", 2, 3),
        ("mixpanel", 1, 1),
    ]
    assert "those of Segment itself are not modelled" in told["dialects"][0]["whose_rules"]


def test_whose_rules_persons_follow_is_said_where_they_are_not_the_vendors() -> None:
    assert whose_rules(["posthog-rows"], "2022-12") == []
    assert "those of PostHog itself are the default" in whose_rules(["posthog"], "mixpanel-original")[0]
    assert whose_rules(["mixpanel"], "mixpanel-original") == []
    assert "--rules mixpanel-simplified, mixpanel-original" in whose_rules(["mixpanel"], "guide")[0]
    assert whose_rules(["rudderstack"], "guide")[0].startswith("Persons follow PostHog's rules (guide)")
    assert "the system that wrote the log" in whose_rules(["generic"], "guide")[0]


def test_vendors_of_whom_the_same_is_to_be_said_share_a_sentence() -> None:
    mixpanels, others = whose_rules(["mixpanel", "ga4", "posthog", "segment", "snowplow"], "guide")
    assert "those of Mixpanel itself are those of --rules" in mixpanels
    assert "those of Google Analytics, Segment and Snowplow themselves are not modelled" in others
    assert others.endswith("idcli dialects NAME")


# The matrix: each dialect's example against all dialects


def test_every_dialect_has_an_example() -> None:
    assert EXAMPLES.keys() == DIALECTS.keys()


@pytest.mark.parametrize("name", DIALECTS)
def test_each_example_is_its_own_dialects_and_no_others(name: str) -> None:
    lines = lines_of(name)
    assert detected("log", lines).name == name
    for line in lines:
        assert detected("log", [line]).name == name, "each line by itself tells"
    weights = {other: weight_of(dialect, json.loads(lines[0])) for other, dialect in DIALECTS.items()}
    assert weights.pop(name) > max(weights.values())


@pytest.mark.parametrize("astray", DIALECTS)
@pytest.mark.parametrize("name", DIALECTS)
def test_a_line_of_another_dialect_among_many_changes_nothing(name: str, astray: str) -> None:
    assert detected("log", [lines_of(astray)[0], *lines_of(name) * 3]).name == name


@pytest.mark.parametrize("name", DIALECTS)
def test_the_example_tells_one_story_in_every_dialect(name: str, tmp_path: Path) -> None:
    (tmp_path / "log.ndjson").write_bytes(b"".join(lines_of(name)))
    run = replay(tmp_path / "log.ndjson", tmp_path / "run", rules="current", strict=True)
    assert [source["dialect"] for source in run.sources()] == [name]
    assert {one.distinct_id for one in run.ids_of(run.find_person(USER).person)} == {VISITOR, USER}
    assert run.metadata["events"] == 3
    assert run.find_person(USER).event_count == 3
    assert run.metadata["arrivals"]["with_arrival"] in (0, 3), "an arrival time on every line or on none"
