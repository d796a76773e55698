"""Logs in every form: the same story told by each vendor, and the persons that its rules make of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from identity_cli import Run, replay
from identity_cli.dialects import DIALECTS, detected, posthog, recognition
from identity_cli.dialects.base import Wanted
from identity_cli.errors import AmbiguousDialect, BadMapping, NothingToReplay

VENDORS = Path(__file__).parent / "logs_of_vendors"

Lines = Sequence[Any]


def written(folder: Path, lines: Lines) -> Path:
    log = folder / "log.ndjson"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return log


def run_of(folder: Path, lines: Lines, **options: Any) -> Run:
    return replay(written(folder, lines), folder / "run", **{"buffer": 0, **options})


def dialect_of(run: Run) -> str:
    (source,) = run.sources()
    return str(source["dialect"])


def persons(run: Run) -> list[tuple[list[str], str, bool]]:
    """Ids, the one it was made with, whether identified."""
    return sorted(
        (
            sorted(one.distinct_id for one in run.ids_of(row.person)),
            row.creator_distinct_id,
            bool(row.is_identified),
        )
        for row in run.persons()
    )


def properties(run: Run, distinct_id: str) -> Any:
    return json.loads(run.find_person(distinct_id).properties or "{}")


def outcomes(run: Run) -> list[str]:
    return [row[8] for row in run.records("links")]


# PostHog, form by form: one story


def story() -> list[dict[str, Any]]:
    """A visitor signs up; then a second browser; the times are those of arrival."""
    moments = [f"2026-05-04T09:30:{second:02}.000Z" for second in range(5)]
    own = ["anon-1", "u-42", "anon-2", "u-42", "u-42"]
    names = ["$pageview", "$identify", "$pageview", "$identify", "order"]
    inside: list[dict[str, Any]] = [
        {},
        {"$anon_distinct_id": "anon-1", "$set": {"plan": "pro"}},
        {},
        {"$anon_distinct_id": "anon-2", "$set_once": {"plan": "free", "via": "web"}},
        {"$device_id": "anon-2"},
    ]
    return [
        {
            "uuid": f"0190f3a2-7c11-7b6e-9a55-2f4f0d1c9e0{index}",
            "event": names[index],
            "distinct_id": own[index],
        }
        | {"timestamp": moments[index], "properties": inside[index]}
        for index in range(5)
    ]


def without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


FORMS: dict[str, tuple[str, Lines]] = {
    "bare": ("posthog", [*story()]),
    "browser": (
        "posthog",
        [
            without(one, "distinct_id")
            | {"properties": {**one["properties"], "distinct_id": one["distinct_id"], "token": "phc"}}
            | {"offset": 12}
            for one in story()
        ],
    ),
    "capture v1": ("posthog", [{**one, "options": {"cookieless_mode": False}} for one in story()]),
    "batch": (
        "posthog-capture",
        [{"api_key": "phc", "batch": story()[:3]}, {"api_key": "phc", "batch": story()[3:]}],
    ),
    "array": ("posthog-capture", [story()[:2], story()[2:]]),
    "messages": (
        "posthog-messages",
        [
            {"uuid": one["uuid"], "distinct_id": one["distinct_id"], "ip": "203.0.113.9", "token": "phc"}
            | {"data": json.dumps({**one, "distinct_id": "overruled"}), "now": one["timestamp"]}
            for one in story()
        ],
    ),
    "clickhouse": (
        "posthog-rows",
        [
            {**one, "team_id": 1, "properties": json.dumps(one["properties"]), "elements_chain": ""}
            | {
                "timestamp": f"2026-05-04 09:30:0{index}.000000",
                "created_at": f"2026-05-04 09:30:0{index}.100000",
            }
            | {
                "person_id": "c2db303e-29e5-5ee0-8500-7cd8a7da5cce",
                "person_properties": "{}",
                "person_mode": "full",
            }
            for index, one in enumerate(story())
        ],
    ),
    "batch export": (
        "posthog",
        [
            {**one, "_inserted_at": one["timestamp"], "created_at": one["timestamp"], "elements_chain": ""}
            | {"person_properties": {"plan": "pro"}, "person_id": "c2db303e-29e5-5ee0-8500-7cd8a7da5cce"}
            for one in story()
        ],
    ),
    "export plugin": (
        "posthog",
        [
            {
                **one,
                "team_id": 1,
                "ip": None,
                "site_url": "",
                "now": one["timestamp"],
                "sent_at": "",
                "elements": [],
            }
            | {"properties": without(one["properties"], "$set", "$set_once")}
            | {"$set": one["properties"].get("$set"), "$set_once": one["properties"].get("$set_once")}
            for one in story()
        ],
    ),
    "warehouse": (
        "posthog-rows",
        [
            {
                **one,
                "properties": json.dumps(one["properties"]),
                "set": None,
                "set_once": None,
                "elements": "",
            }
            | {"timestamp": "2026-05-04 09:30:00+00:00", "team_id": 1, "site_url": "", "ip": None}
            for one in story()
        ],
    ),
    "historical export": (
        "posthog",
        [
            {**one, "now": "2026-11-01T00:00:00Z", "sent_at": one["timestamp"], "site_url": ""}
            | {"properties": {**one["properties"], "$$is_historical_export_event": True}}
            for one in story()
        ],
    ),
    "managed migration": (
        "posthog",
        [{**one, "properties": {**one["properties"], "$import_job_id": "j1"}} for one in story()],
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_posthog_tells_the_same_story(form: str, tmp_path: Path) -> None:
    dialect, lines = FORMS[form]
    run = run_of(tmp_path, lines, strict=True)
    assert dialect_of(run) == dialect
    assert persons(run) == [(["anon-1", "anon-2", "u-42"], "anon-1", True)]
    assert properties(run, "u-42") == {"plan": "pro", "via": "web"}
    assert outcomes(run) == ["attached", "merged"]
    assert run.metadata["events"] == 5


@pytest.mark.parametrize("form", FORMS)
def test_the_patient_decoder_reads_as_the_fast_one_does(form: str, tmp_path: Path) -> None:
    """An event with a broken time sends its block through the other decoder; the rest must not change."""
    _, lines = FORMS[form]
    fast = [*run_of(tmp_path, lines).records("persons")]
    slow_decoder = posthog.lenient_decoder(Wanted())
    events = [event for line in lines for event in slow_decoder(json.dumps(line).encode())]
    assert [event.distinct_id or event.properties.distinct_id for event in events] == [  # type: ignore[union-attr]
        one["distinct_id"] for one in story()
    ]
    patient = run_of(tmp_path, [*lines, {"event": "x"}])
    assert [*patient.records("persons")] == fast
    assert patient.metadata["rejected"] == 1


def test_an_update_of_a_person_as_old_browsers_post_it(tmp_path: Path) -> None:
    update = {"$token": "phc", "$distinct_id": "u", "$device_id": "d", "$set": {"plan": "pro"}}
    run = run_of(tmp_path, [update])
    assert properties(run, "u") == {"plan": "pro"}
    assert outcomes(run) == []


def test_which_of_two_ids_counts_is_a_matter_of_date(tmp_path: Path) -> None:
    line = {"event": "e", "distinct_id": "outer", "properties": {"distinct_id": "inner"}}
    assert persons(run_of(tmp_path, [line], rules="current")) == [(["outer"], "outer", False)]
    assert persons(run_of(tmp_path, [line], rules="2022-12")) == [(["inner"], "inner", False)]


def test_what_stood_as_dollar_distinct_id_came_first_for_the_first_capture(tmp_path: Path) -> None:
    lines = [
        {"event": "e", "$distinct_id": "dollar", "distinct_id": "top", "properties": {"distinct_id": "in"}}
    ]
    assert [ids for ids, *_ in persons(run_of(tmp_path, lines))] == [["dollar"]]
    assert [ids for ids, *_ in persons(run_of(tmp_path, lines, rules="current"))] == [["top"]]


def test_rows_of_the_bigquery_plugin_have_their_name_elsewhere(tmp_path: Path) -> None:
    row = {
        "eventName": "$identify",
        "distinct_id": "u",
        "properties": '{"$anon_distinct_id":"a"}',
        "set": "{}",
    }
    assert [ids for ids, *_ in persons(run_of(tmp_path, [row]))] == [["a", "u"]]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1712010112345", "2024-04-01T22:21:52.345Z"),
        ("1712010112", "2024-04-01T22:21:52.000Z"),
        ("1777887000250000", "2026-05-04T09:30:00.250Z"),
        ("20240401", "2024-04-01T00:00:00.000Z"),
    ],
)
def test_times_in_digits(text: str, moment: str, tmp_path: Path) -> None:
    run = run_of(tmp_path, [{"event": "e", "distinct_id": "u", "timestamp": text}])
    assert run.find_person("u").created_at == moment


def test_now_of_a_historical_export_is_no_arrival_time(tmp_path: Path) -> None:
    """By their own times the two are ten minutes apart; by `now` the first would still wait."""
    marker = {"$$is_historical_export_event": True}
    lines: Lines = [
        {
            "event": "a",
            "distinct_id": "u",
            "timestamp": f"2026-05-04T09:{minute}:00Z",
            "now": "2026-11-01T00:00:00Z",
        }
        | {"properties": marker}
        for minute in ("00", "10")
    ]
    run = run_of(tmp_path, lines, buffer=60)
    assert [*run.database.execute("SELECT seq, released_before FROM held")] == [(1, 2)]


# Segment and RudderStack


def call(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "messageId": "m", "receivedAt": "2026-05-04T09:30:00Z", "version": 2, **fields}


def test_segment_identify_alias_and_traits(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        [
            call("page", anonymousId="a1", name="Home"),
            call("identify", anonymousId="a1", userId="u1", traits={"plan": "pro"}),
            call("identify", anonymousId="a2", traits={"seen": 1}),
            call("track", event="Order", anonymousId="a3", userId="u1"),
            call("alias", previousId="old", userId="u2"),
        ],
    )
    assert dialect_of(run) == "segment"
    assert persons(run) == [(["a1", "u1"], "a1", True), (["a2"], "a2", False), (["old", "u2"], "u2", True)]
    assert properties(run, "a2") == {"seen": 1}, "traits without a user are the anonymous person's"


def test_rudderstack_alias_goes_the_other_way_and_traits_stand_in_the_context(tmp_path: Path) -> None:
    rudder = {
        "context": {"library": {"name": "RudderLabs JavaScript SDK"}, "traits": {"plan": "pro", "a": 1}}
    }
    run = run_of(
        tmp_path,
        [
            call("identify", anonymousId="a1", userId="u1", traits={"a": 2}, **rudder),
            call("alias", previousId="old", userId="u2", **rudder),
            call(
                "merge",
                mergeProperties=[{"type": "id", "value": "u1"}, {"type": "id", "value": "u2"}],
                userId="u1",
                **rudder,
            ),
        ],
    )
    assert dialect_of(run) == "rudderstack"
    links = [row[6:9] for row in run.records("links")]
    assert links == [("a1", "u1", "created"), ("u2", "old", "created"), ("u2", "u1", "merged")]
    assert properties(run, "u1") == {"plan": "pro", "a": 2}


def rudder(kind: str, **fields: Any) -> dict[str, Any]:
    library = {"library": {"name": "RudderLabs JavaScript SDK"}}
    return call(kind, **{**fields, "context": {**library, **fields.get("context", {})}})


@pytest.mark.parametrize(
    ("rules", "link"),
    [
        ("2022-12", ("new", "old")),
        ("guide", ("new", "old")),
        ("2023-09", ("new", "old")),
        ("current", ("old", "new")),
    ],
)
def test_rudderstacks_alias_turned_round_on_30_september_2024(
    rules: str, link: tuple[str, str], tmp_path: Path
) -> None:
    run = run_of(tmp_path, [rudder("alias", previousId="old", userId="new")], rules=rules)
    assert [(row[6], row[7]) for row in run.records("links")] == [link]


@pytest.mark.parametrize(("rules", "plan"), [("2022-12", None), ("guide", "pro"), ("current", "pro")])
def test_rudderstack_sets_the_traits_of_every_call_since_december_2022(
    rules: str, plan: str | None, tmp_path: Path
) -> None:
    track = rudder("track", event="e", userId="u", context={"traits": {"plan": "pro"}})
    run = run_of(tmp_path, [track, rudder("identify", userId="v", traits={"a": 1})], rules=rules)
    assert properties(run, "u").get("plan") == plan
    assert properties(run, "v") == {"a": 1}, "traits of an identify in any year"


def test_rudderstacks_identify_links_its_anonymous_id_and_only_identify_does(tmp_path: Path) -> None:
    calls = [
        rudder("track", event="e", userId="v", anonymousId="a9"),
        rudder("identify", anonymousId="a1", userId="u1", context={"traits": {"plan": "pro"}}),
        rudder("identify", anonymousId="a2", traits={"seen": 1}),
    ]
    run = run_of(tmp_path, calls)
    assert persons(run) == [(["a1", "u1"], "u1", True), (["a2"], "a2", False), (["v"], "v", False)]
    assert outcomes(run) == ["created", "same_id"]
    assert properties(run, "u1") == {"plan": "pro"}
    assert properties(run, "a2") == {"seen": 1}


def test_a_body_with_a_batch_of_calls(tmp_path: Path) -> None:
    body = {
        "batch": [call("track", event="e", userId="u"), {"type": "track", "userId": "v"}, 3],
        "writeKey": "w",
    }
    run = run_of(tmp_path, [call("page", userId="u", writeKey="w"), body])
    assert dialect_of(run) == "segment"
    assert run.metadata["events"] == 2
    assert [json.loads(line)["reason"] for line in run.rejected_lines()] == [
        "call 2 of 3: no event name",
        "call 3 of 3: not a JSON object",
    ]


# Mixpanel


def mixpanel(name: str, **inside: Any) -> dict[str, Any]:
    return {"event": name, "properties": {"time": 1777887000, "mp_lib": "web", **inside}}


def test_mixpanel_original_api(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        [
            mixpanel("view", distinct_id="merged-away", **{"$distinct_id_before_identity": "a1"}),
            mixpanel("$identify", distinct_id="u1", **{"$identified_id": "u1", "$anon_id": "a1"}),
            mixpanel("$create_alias", distinct_id="u1", alias="crm"),
            mixpanel("view", distinct_id="u2"),
            mixpanel("$merge", **{"$distinct_ids": ["u1", "u2"]}),
            {"$token": "t", "$distinct_id": "u1", "$set": {"plan": "pro"}},
        ],
        rules="guide",
    )
    assert dialect_of(run) == "mixpanel"
    assert persons(run) == [(["a1", "crm", "u1", "u2"], "a1", True)]
    assert outcomes(run) == ["attached", "attached", "merged"]
    assert properties(run, "u1") == {"plan": "pro"}


def test_mixpanel_simplified_api_links_a_device_at_the_first_pair(tmp_path: Path) -> None:
    pair = {"$user_id": "u1", "$device_id": "d1"}
    lines: Lines = [
        mixpanel("view", distinct_id="$device:d1", **{"$device_id": "d1"}),
        mixpanel("login", distinct_id="u1", **pair),
        mixpanel("view", distinct_id="u1", **pair),
    ]
    run = run_of(tmp_path, lines, rules="guide")
    assert persons(run) == [(["d1", "u1"], "d1", True)]
    assert outcomes(run) == ["attached"], "once for each pair"
    assert [run.origin(row[0]).line for row in run.database.execute("SELECT seq FROM links")] == [2]


@pytest.mark.parametrize(
    "link",
    [
        {"name": "login", "distinct_id": "u1", "$user_id": "u1", "$device_id": "$device:dev1"},
        {"name": "$identify", "distinct_id": "u1", "$user_id": "u1", "$device_id": "dev1"},
        {"name": "$identify", "distinct_id": "u1", "$identified_id": "u1", "$anon_id": "$device:dev1"},
        {"name": "$merge", "distinct_id": "u1", "$distinct_ids": ["u1", "$device:dev1"]},
    ],
)
def test_mixpanel_devices_are_the_same_id_with_and_without_their_mark(
    link: dict[str, Any], tmp_path: Path
) -> None:
    seen = mixpanel("view", **{"distinct_id": "$device:dev1", "$device_id": "dev1"})
    assert [ids for ids, *_ in persons(run_of(tmp_path, [seen, mixpanel(**link)], rules="guide"))] == [
        ["dev1", "u1"]
    ]


@pytest.mark.parametrize("time", [1777887000, 1777887000000, "2026-05-04T09:30:00"])
def test_mixpanel_times_in_seconds_milliseconds_and_without_a_zone(time: object, tmp_path: Path) -> None:
    run = run_of(tmp_path, [mixpanel("view", distinct_id="u", time=time)])
    assert run.find_person("u").created_at == "2026-05-04T09:30:00.000Z"


# Amplitude


def amplitude(number: int, device: str, user: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "event_type": "order",
        "amplitude_id": number,
        "device_id": device,
        "user_id": user,
        "event_time": "2026-05-04 09:30:00.250000",
        "server_upload_time": "2026-05-04 09:30:00.410000",
        "user_properties": {},
        **more,
    }


def test_amplitude_pairs_states_and_merged_ids(tmp_path: Path) -> None:
    first = {"initial_utm": "ad", "initial_ref": "EMPTY", "plan": "free"}
    run = run_of(
        tmp_path,
        [
            amplitude(1, "dev-1"),
            amplitude(2, "dev-1", "user-1", user_properties=first),
            amplitude(2, "dev-1", "user-1", user_properties={**first, "initial_utm": "no", "plan": "pro"}),
            amplitude(3, "dev-9"),
            {"scope": 1, "merge_server_time": 1777887000000, "amplitude_id": 3, "merged_amplitude_id": 2},
            {"scope": 1, "merge_server_time": 1777887000000, "amplitude_id": 77, "merged_amplitude_id": 2},
        ],
    )
    assert dialect_of(run) == "amplitude"
    assert persons(run) == [(["dev-1", "dev-9", "user-1"], "dev-1", True)]
    assert outcomes(run) == ["attached", "merged"]
    assert properties(run, "user-1") == {"initial_utm": "ad", "plan": "pro"}
    assert [json.loads(line)["reason"] for line in run.rejected_lines()] == [
        "no event above has the amplitude_id 77"
    ]


MERGE = {"scope": 1, "merge_server_time": 1777887000000, "amplitude_id": 13, "merged_amplitude_id": 14}


def test_a_folder_takes_the_merged_ids_of_amplitude_along(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    events = [amplitude(13, "dev-1", "user-1"), amplitude(14, "dev-9")]
    (tmp_path / "logs" / "a.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events))
    (tmp_path / "logs" / "merges.ndjson").write_text(json.dumps(MERGE) + "\n")
    run = replay(tmp_path / "logs", tmp_path / "run")
    assert outcomes(run) == ["created", "merged"]
    assert "passed_over" not in run.metadata


def test_a_folder_of_nothing_but_merged_ids_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "merges.ndjson").write_text(json.dumps(MERGE) + "\n")
    with pytest.raises(NothingToReplay, match=r"merges.ndjson:1: no event above has the amplitude_id 14"):
        replay(tmp_path / "logs", tmp_path / "run", may_be_empty=False)


# Recorded


RUDDER_ANONYMOUS = "f868da13-90b2-4685-867e-40ab49b7c33e"
SEGMENT_ANONYMOUS = "c0d27c27-9c92-4942-b910-c6a2986e7eb3"
LAPTOP, TABLET = "99668643-522f-4111-ab4a-923447dbe07b", "3366fe05-dacc-4100-ae30-af28da2c914f"
MIXPANEL_ANONYMOUS = "adc491c1-f4bf-4b7c-ac39-3b1f11a71016"
BACKEND_ANONYMOUS = "e82e036d-386c-4f2d-931d-e23ebad868e4"

RECORDED: dict[str, list[tuple[list[str], str, bool]]] = {
    # The anonymous event waits in the buffer until the end; its id has joined the alias's person by then.
    # The second alias would merge user_s5001 away, whose person is identified by then: refused.
    "rudder-sdk-python-1.0.5-alias": [
        ([RUDDER_ANONYMOUS, "user_s5001"], RUDDER_ANONYMOUS, True),
        (["user_s5002"], "user_s5002", True),
    ],
    "rudder-sdk-python-1.0.5-signup-frontend-backend": [
        ([BACKEND_ANONYMOUS, "user_s1001"], "user_s1001", True),
    ],
    # Segment's identify of user_s5002 names nobody else: no link, so nobody is identified, and the
    # alias may merge it away.
    "segment-analytics-node-3.1.0-alias": [
        ([SEGMENT_ANONYMOUS, "user_s5001", "user_s5002"], "user_s5001", True),
    ],
    # One tablet, two users: the second identify attaches user_s3002 to the person of user_s3001.
    "segment-analytics-node-3.1.0-two-devices-and-shared-device": [
        ([TABLET, LAPTOP, "user_s3001", "user_s3002"], "user_s3001", True),
    ],
    "mixpanel-python-5.4.1-signup-alias-merge": [
        ([MIXPANEL_ANONYMOUS, "user_m1001", "user_m1002"], MIXPANEL_ANONYMOUS, True),
    ],
}


@pytest.mark.parametrize("log", RECORDED)
def test_recordings_of_other_vendors(log: str, tmp_path: Path) -> None:
    run = replay(VENDORS / f"{log}.ndjson", tmp_path / "run", strict=True)
    assert log.replace("rudder", "rudderstack").startswith(dialect_of(run))
    assert persons(run) == sorted(RECORDED[log])


def test_every_vendor_recording_has_its_persons() -> None:
    assert {path.stem for path in VENDORS.glob("*.ndjson")} == RECORDED.keys()


# Anything else

MAP = ("distinct_id=user.id", "anonymous_id=device", "event=name", "timestamp=at", "set=traits", "alias=was")


def test_a_mapping_reads_anything(tmp_path: Path) -> None:
    lines: Lines = [
        {"name": "view", "device": "d1", "at": "2026-05-04T09:30:00Z"},
        {"name": "login", "device": "d1", "user": {"id": 7}, "traits": {"plan": "pro"}, "at": 1777887060},
        {"name": "view", "device": "d1", "user": {"id": 7}},
        {"device": "d1", "user.id": "8", "was": "old-8"},
    ]
    run = run_of(tmp_path, lines, mapping=MAP)
    assert dialect_of(run) == "generic"
    assert properties(run, "7") == {"plan": "pro"}
    assert [row[6:9] for row in run.records("links")] == [
        ("d1", "7", "attached"),
        ("old-8", "8", "created"),
        ("d1", "8", "refused_identified"),
    ]


def test_a_mapping_is_saved_and_used_again(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from identity_cli.cli import idcli

    log, saved = written(tmp_path, [{"who": "a", "na.me": 'quo"te'}]), tmp_path / "map.toml"
    asked = ["replay", str(log), "--run", str(tmp_path / "run"), "--map"]
    first = CliRunner().invoke(
        idcli, [*asked, "distinct_id=who", "--map", "event=na.me", "--save-map", str(saved)]
    )
    assert first.exit_code == 0
    again = CliRunner().invoke(idcli, [*asked, str(saved)])
    assert again.exit_code == 0
    assert [row[1] for row in Run(tmp_path / "run").records("distinct_ids")] == ["a"]


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        (["user=id"], "no field 'user'"),
        (["event=name"], "neither where distinct_id stands"),
        (["nowhere.toml"], "no file"),
    ],
)
def test_a_mapping_that_says_nothing(mapping: list[str], problem: str, tmp_path: Path) -> None:
    with pytest.raises(BadMapping, match=problem):
        run_of(tmp_path, [], mapping=tuple(mapping))


# Detection


def test_two_that_match_equally_stop(tmp_path: Path) -> None:
    lines = [call("track", event="e", userId="u"), mixpanel("view", distinct_id="u")]
    with pytest.raises(AmbiguousDialect, match="segment or mixpanel"):
        run_of(tmp_path, lines)
    assert dialect_of(run_of(tmp_path, lines, dialect="mixpanel")) == "mixpanel"


def test_lines_of_no_dialect_among_others_are_rejected(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, [mixpanel("view", distinct_id="u"), {"hello": 1}, mixpanel("view", distinct_id="v")]
    )
    assert dialect_of(run) == "mixpanel"
    assert (run.metadata["events"], run.metadata["rejected"]) == (2, 1)


def test_detection_reads_only_the_beginning() -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        while True:
            taken += 1
            yield b'{"event": "e", "distinct_id": "u"}\n'

    assert detected("log", endless()).name == "posthog"
    assert taken <= recognition.LINES_TO_JUDGE + 1


def test_every_dialect_says_what_it_means_and_what_cannot_be_known() -> None:
    for dialect in DIALECTS.values():
        assert "cannot tell" in dialect.guide, dialect.name
        assert dialect.order_key
    assert "differently" in DIALECTS["segment"].guide
