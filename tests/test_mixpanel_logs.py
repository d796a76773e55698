"""Mixpanel logs as a user has them: which of its rules they show, and what becomes of them under these."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.counterfactual.component import scope_of
from identity_cli.counterfactual.repair_plan import repair
from identity_cli.counterfactual.why_together import why
from identity_cli.errors import MixedVendors

SIMPLIFIED, ORIGINAL = "mixpanel-simplified", "mixpanel-original"
ANONYMOUS = "6f1c2f0e-0d7b-4a55-9a0e-3f2d1c0b9a87"
Lines = list[dict[str, Any]]
RunOf = Callable[..., Run]


def mp(name: str, seconds: int = 0, **inside: Any) -> dict[str, Any]:
    """An event; a name that begins with _ stands for one with $."""
    named = {f"${key[1:]}" if key[0] == "_" else key: value for key, value in inside.items()}
    return {"event": name, "properties": {"time": 1_720_000_000 + seconds, "mp_lib": "web", **named}}


def posthog(own: str) -> dict[str, Any]:
    return {"event": "$pageview", "distinct_id": own, "properties": {"$lib": "web"}}


@pytest.fixture
def run_of(tmp_path: Path) -> RunOf:
    """The run of lines."""

    def run_of(lines: Lines, **options: Any) -> Run:
        return replay(log_of(tmp_path, "log.ndjson", lines), tmp_path / "run", **options)

    return run_of


def log_of(folder: Path, name: str, lines: Lines) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def groups(run: Run) -> list[list[str]]:
    persons: dict[str, list[str]] = {}
    for row in run.records("distinct_ids"):
        persons.setdefault(row[2], []).append(row[1])
    return sorted(sorted(ids) for ids in persons.values())


def outcomes(run: Run) -> list[str]:
    return [row[0] for row in run.database.execute("SELECT outcome FROM links ORDER BY rowid")]


# Two people on one device, without a reset

TWO_LOGINS = [
    mp("Page View", distinct_id="$device:dev-1", _device_id="dev-1"),
    mp("Log In", 60, distinct_id="kim", _device_id="dev-1", _user_id="kim"),
    mp("Buy", 120, distinct_id="kim", _device_id="dev-1", _user_id="kim"),
    mp("Log In", 3600, distinct_id="lou", _device_id="dev-1", _user_id="lou"),
    mp("Refund", 3660, distinct_id="lou", _device_id="dev-1", _user_id="lou"),
]


def test_two_logins_on_one_device_are_two_users_and_the_device_is_the_first_ones(run_of: RunOf) -> None:
    run = run_of(TWO_LOGINS)
    assert run.metadata["rule_set"] == SIMPLIFIED
    assert groups(run) == [["$device:dev-1", "kim"], ["lou"]]
    assert outcomes(run) == ["merged", "refused_taken"]
    assert (run.metadata["lines"], run.metadata["events"]) == (5, 5)


def test_an_alias_does_nothing(run_of: RunOf) -> None:
    run = run_of(
        [
            mp("Page View", distinct_id="$device:dev-5", _device_id="dev-5"),
            mp("Log In", 10, distinct_id="cust-5", _device_id="dev-5", _user_id="cust-5"),
            mp("Import", 20, distinct_id="old-5", _user_id="old-5"),
            mp("$create_alias", 30, distinct_id="cust-5", alias="old-5"),
            mp("Export", 40, distinct_id="old-5", _user_id="old-5"),
        ]
    )
    assert groups(run) == [["$device:dev-5", "cust-5"], ["old-5"]]
    assert outcomes(run) == ["merged", "refused_no_effect"]


def test_a_server_that_names_a_device_and_a_user_and_no_distinct_id(run_of: RunOf) -> None:
    lines = [
        {
            "event": "$identify",
            "properties": {"time": 1725500000, "$device_id": "dv", "$user_id": "us", "token": "t"},
        },
        {
            "event": "Buy",
            "properties": {"time": 1725500010, "$device_id": "dv", "$user_id": "us", "token": "t"},
        },
        {"event": "Look", "properties": {"time": 1725500020, "$device_id": "dv", "token": "t"}},
    ]
    for dedupe in (False, True):
        run = run_of(lines, dedupe=dedupe)
        assert groups(run) == [["$device:dv", "us"]]
        assert (run.metadata["events"], run.metadata["repeats"]) == (3, 0)


# The Simplified API, sentence by sentence


def test_the_distinct_id_is_the_user_id_else_the_marked_device_id(run_of: RunOf) -> None:
    run = run_of(
        [mp("a", _device_id="D1"), mp("b", _user_id="U1"), mp("c", _user_id="U2", distinct_id="ignored")]
    )
    assert groups(run) == [["$device:D1"], ["U1"], ["U2"]]


def test_a_distinct_id_alone_is_a_device_if_marked_and_else_a_user(run_of: RunOf) -> None:
    run = run_of(
        [
            mp("a", distinct_id="$device:D1"),
            mp("b", _user_id="U1", _device_id="D1"),
            mp("c", distinct_id="D1"),
            mp("d", distinct_id="U1"),
        ]
    )
    assert groups(run) == [["$device:D1", "U1"], ["D1"]]


def test_a_further_user_id_given_as_a_device_is_a_device(run_of: RunOf) -> None:
    run = run_of([mp("a", _user_id="charlie", _device_id="+6512345678"), mp("b", _user_id="+6512345678")])
    assert groups(run) == [["$device:+6512345678", "charlie"], ["+6512345678"]]


@pytest.mark.parametrize(
    "line",
    [
        mp("$identify", _user_id="U1", _device_id="D1"),
        mp("$identify", distinct_id="U1", _anon_distinct_id="$device:D1", _user_id="U1", _device_id="D1"),
        mp("$identify", _identified_id="U1", _anon_id="$device:D1"),
        mp("$merge", _distinct_ids=["U1", "$device:D1"]),
        mp("$create_alias", distinct_id="U1", alias="$device:D1"),
    ],
    ids=["of a server", "of a library", "of the reference", "merge", "alias"],
)
def test_only_events_of_other_names_merge_a_user_and_a_device(run_of: RunOf, line: dict[str, Any]) -> None:
    view = mp("view", distinct_id="$device:D1", _device_id="D1")
    run = run_of([view, line])
    assert groups(run) in ([["$device:D1"], ["U1"]], [["$device:D1"]])
    assert outcomes(run) == ["refused_no_effect"]
    after = run_of([view, line, mp("login", _user_id="U1", _device_id="D1")])
    assert groups(after) == [["$device:D1", "U1"]]
    assert outcomes(after)[-1] == "merged"


def test_a_profile_of_a_device_is_lost_when_it_becomes_a_users(run_of: RunOf) -> None:
    run = run_of(
        [
            {"$token": "t", "$distinct_id": "$device:D1", "$set": {"plan": "free"}},
            mp("login", _user_id="U1", _device_id="D1"),
            {"$token": "t", "$distinct_id": "U1", "$set_once": {"seen": "later"}},
            mp("view", _device_id="D1"),
        ]
    )
    assert json.loads(run.find_person("U1").properties) == {"seen": "later"}
    assert groups(run) == [["$device:D1", "U1"]]


def test_numbers_and_marks_as_ids(run_of: RunOf) -> None:
    run = run_of(
        [mp("a", _user_id=7, _device_id=42), mp("b", _device_id="$device:42"), mp("c", distinct_id=7)]
    )
    assert groups(run) == [["$device:42", "7"]]


# The Original API, as its libraries and its reference have it


@pytest.mark.parametrize(
    "line",
    [
        mp("$identify", _identified_id="U1", _anon_id=ANONYMOUS),
        mp("$identify", distinct_id="U1", _anon_distinct_id=ANONYMOUS, _user_id="U1", _device_id=ANONYMOUS),
    ],
    ids=["of the reference", "of a library"],
)
def test_identify_merges_the_anonymous_id(run_of: RunOf, line: dict[str, Any]) -> None:
    run = run_of([mp("view", distinct_id=ANONYMOUS, _device_id=ANONYMOUS), line, mp("buy", distinct_id="U1")])
    assert run.metadata["rule_set"] == ORIGINAL
    assert groups(run) == [[ANONYMOUS, "U1"]]


def test_ids_side_by_side_link_nobody_there(run_of: RunOf) -> None:
    run = run_of(
        [
            mp("view", distinct_id="dev", _device_id="dev"),
            mp("login", distinct_id="U1", _user_id="U1", _device_id="dev"),
        ],
        rules=ORIGINAL,
    )
    assert groups(run) == [["U1"], ["dev"]]
    assert outcomes(run) == []


def test_an_export_tells_the_id_that_an_event_was_sent_with(run_of: RunOf) -> None:
    run = run_of(
        [
            mp("view", distinct_id="U1", _distinct_id_before_identity=ANONYMOUS),
            mp("$identify", distinct_id="U1", _identified_id="U1", _anon_id=ANONYMOUS),
        ]
    )
    assert groups(run) == [[ANONYMOUS, "U1"]]
    assert outcomes(run) == ["attached"]


def test_merge_is_called_what_it_is(run_of: RunOf) -> None:
    run = run_of([mp("a", distinct_id="U1"), mp("$merge", _distinct_ids=["U1", "U2"])])
    assert run.metadata["rule_set"] == ORIGINAL
    assert [row[0] for row in run.database.execute("SELECT event FROM links")] == ["$merge"]
    assert groups(run) == [["U1", "U2"]]


# Which rules a log shows


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        ([mp("a", distinct_id="$device:d")], SIMPLIFIED),
        ([mp("a", distinct_id="u", _distinct_id_before_identity="$device:d")], SIMPLIFIED),
        ([mp("a", _user_id="u", _device_id="d")], SIMPLIFIED),
        ([mp("a", distinct_id="u", _user_id="u", _device_id="d")], SIMPLIFIED),
        ([mp("a", distinct_id="u", _identity_failure_reason="errAnonDistinctIdAssignedAlready")], SIMPLIFIED),
        ([mp("a", distinct_id="u")], SIMPLIFIED),
        ([mp("a", distinct_id="$device:d"), mp("$create_alias", distinct_id="u", alias="v")], SIMPLIFIED),
        ([mp("a", distinct_id="u"), mp("$create_alias", distinct_id="u", alias="v")], ORIGINAL),
        ([mp("a", distinct_id="d", _device_id="d")], ORIGINAL),
        ([mp("$identify", _identified_id="u", _anon_id=ANONYMOUS)], ORIGINAL),
        ([mp("a", distinct_id="u"), mp("$merge", _distinct_ids=["u", "v"])], ORIGINAL),
        ([mp("$identify", distinct_id="u", _failure_reason="errSameIDs")], ORIGINAL),
    ],
)
def test_the_lines_show_which_api_a_project_has(run_of: RunOf, lines: Lines, rules: str) -> None:
    run = run_of(lines)
    assert run.metadata["rule_set"] == rules
    assert run.metadata["rules_are_of_log"]


@pytest.mark.parametrize("rules", ["guide", "current", SIMPLIFIED, ORIGINAL])
def test_rules_that_are_named_are_the_rules(run_of: RunOf, rules: str) -> None:
    run = run_of(TWO_LOGINS, rules=rules)
    assert run.metadata["rule_set"] == rules
    assert not run.metadata["rules_are_of_log"]


def test_posthogs_forms_stay_with_the_guide(run_of: RunOf) -> None:
    assert run_of([posthog("ada")]).metadata["rule_set"] == "guide"


def test_a_dialect_that_is_named_has_its_vendors_rules(run_of: RunOf) -> None:
    line = {"event": "view", "properties": {"distinct_id": "u"}}
    assert run_of([line], dialect="posthog").metadata["rule_set"] == "guide"
    assert run_of([line], dialect="mixpanel").metadata["rule_set"] == SIMPLIFIED


@pytest.mark.parametrize("first", [0, 1])
def test_a_log_of_vendors_whose_rules_differ_has_the_default_ones(tmp_path: Path, first: int) -> None:
    names = ["a.ndjson", "b.ndjson"]
    log_of(tmp_path / "logs", names[first], TWO_LOGINS)
    log_of(tmp_path / "logs", names[1 - first], [posthog("ada")])
    for order in (None, "time"):
        lines = [{**posthog("ada"), "timestamp": "2024-07-03T09:46:40Z"}]
        log_of(tmp_path / "logs", names[1 - first], lines)
        run = replay(tmp_path / "logs", tmp_path / "run", order=order)
        assert run.metadata["rule_set"] == "guide"
        assert groups(run) == [["ada"], ["dev-1", "kim", "lou"]]
    assert replay(tmp_path / "logs", tmp_path / "run", rules=SIMPLIFIED).metadata["rule_set"] == SIMPLIFIED


def test_of_pipes_that_mix_vendors_nothing_can_be_read_twice(tmp_path: Path) -> None:
    for name, lines in (("a", TWO_LOGINS), ("b", [posthog("ada")])):
        os.mkfifo(tmp_path / name)
        text = "".join(json.dumps(line) + "\n" for line in lines)
        threading.Thread(target=(tmp_path / name).write_text, args=(text,), daemon=True).start()
    with pytest.raises(MixedVendors, match=r"b is of posthog, .* under mixpanel-simplified: .* --rules"):
        replay([tmp_path / "a", tmp_path / "b"], tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_first_file_without_a_line_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.ndjson").write_text("")
    with gzip.open(tmp_path / "logs" / "b.ndjson.gz", "wt") as file:
        file.write("".join(json.dumps(line) + "\n" for line in TWO_LOGINS))
    run = replay(tmp_path / "logs", tmp_path / "run")
    assert run.metadata["rule_set"] == SIMPLIFIED
    assert run.metadata["lines"] == 5


def test_standard_input_and_events_in_memory_are_looked_at_too(tmp_path: Path) -> None:
    text = "".join(json.dumps(line) + "\n" for line in TWO_LOGINS)
    command = [sys.executable, "-m", "identity_cli", "replay", "-", "--run", str(tmp_path / "run")]
    told = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    assert "mixpanel-simplified" in told.stdout
    assert Run(tmp_path / "run").metadata["lines"] == 5
    run = replay(TWO_LOGINS, tmp_path / "other")
    assert run.metadata["rule_set"] == SIMPLIFIED
    assert run.metadata["lines"] == 5


# Explanations in the vendor's terms


def test_why_tells_what_a_link_came_to_and_what_would_join_them(run_of: RunOf) -> None:
    run = run_of(TWO_LOGINS)
    (step,) = why(run, "kim", "$device:dev-1").path
    assert (step.link.event, step.origin.line) == ("$user_id with $device_id", 2)
    assert step.rule == "the device was nobody's, so it is the user's, with all it did before"
    two = why(run, "kim", "lou")
    assert not two.are_one
    assert "joined to somebody already, for good" in two.reasons[0]
    assert not two.remedies and not two.instead, "two users never become one"


def test_why_tells_that_an_alias_had_no_effect(run_of: RunOf) -> None:
    lines = [
        mp("a", _user_id="u1", _device_id="d"),
        mp("a", _user_id="u2"),
        mp("$create_alias", distinct_id="u1", alias="u2"),
    ]
    told = why(run_of(lines), "u1", "u2")
    assert "log.ndjson:3: $create_alias asked" in told.reasons[0]
    assert told.reasons[0].endswith("which has no effect under these rules")
    assert told.remedies == []


def test_why_names_an_event_with_both_ids_where_that_would_join_them(run_of: RunOf) -> None:
    run = run_of([mp("a", _device_id="d"), mp("a", _user_id="u")])
    for one, two in (("u", "$device:d"), ("$device:d", "u")):
        assert why(run, one, two).remedies == [
            "an event with the $user_id 'u' and the $device_id '$device:d' would join them now"
        ]


def test_remedies_of_the_original_api_are_its_own_events(run_of: RunOf) -> None:
    run = run_of(
        [
            mp("$identify", _identified_id="u1", _anon_id=ANONYMOUS),
            mp("$identify", _identified_id="u2", _anon_id="visitor-7"),
            mp("a", distinct_id="visitor-7"),
            mp("a", distinct_id="6f1c2f0e-0d7b-4a55-9a0e-000000000000"),
        ]
    )
    assert why(run, "u1", "6f1c2f0e-0d7b-4a55-9a0e-000000000000").remedies == [
        "a $identify with the $identified_id 'u1' and the $anon_id '6f1c2f0e-0d7b-4a55-9a0e-000000000000' "
        "would join them now"
    ]
    told = why(run, "u2", "visitor-7")
    assert "does not look like an id that a library made" in told.reasons[0]
    assert told.remedies[-1] == "a $create_alias of 'u2' with alias 'visitor-7' would join them now"
    sentences = [*told.remedies, *told.notes]
    assert not any("merge_dangerously" in sentence for sentence in sentences)


def test_a_merge_is_proved_and_repaired_in_mixpanels_terms(run_of: RunOf) -> None:
    run = run_of(
        [
            mp("$identify", _identified_id="u1", _anon_id=ANONYMOUS),
            mp("$identify", _identified_id="u2", _anon_id="6f1c2f0e-0d7b-4a55-9a0e-000000000000"),
            mp("$merge", _distinct_ids=["u1", "u2"]),
        ]
    )
    (step,) = why(run, "u1", "u2").path
    assert (step.link.event, step.rule) == ("$merge", "$merge joins any two users, up to 500 ids")
    actions = {action.kind: action for action in repair(run, "u1").actions}
    assert actions.keys() == {"leave_out", "import", "fix_code"}, "nothing can be split off there"
    assert actions["leave_out"].details["events"][0]["line"] == 3
    assert actions["fix_code"].details["event"] == "$merge"
    assert "merge_dangerously" not in json.dumps([action.reason for action in actions.values()])


def test_a_device_may_be_typed_as_its_lines_have_it(run_of: RunOf, tmp_path: Path) -> None:
    run_of(TWO_LOGINS)
    told = CliRunner().invoke(idcli, ["person", "dev-1", "--run", str(tmp_path / "run")])
    assert told.output.startswith("$device:dev-1 is person"), told.output


@pytest.mark.parametrize("rules", [SIMPLIFIED, ORIGINAL])
@pytest.mark.parametrize("seed", range(12))
def test_the_part_of_a_log_that_is_about_an_id_replays_as_within_the_whole(
    tmp_path: Path, rules: str, seed: int
) -> None:
    run = replay(log_of(tmp_path, "log.ndjson", random_lines(Random(seed))), tmp_path / "run", rules=rules)
    whole = groups(run)
    for one in ("u1", "$device:d1", "d1", UUIDS[0], "u2"):
        keys = run.keys_of(one)
        if not keys:
            continue
        resolution = scope_of(run, keys).resolve()
        (expected,) = [ids for ids in whole if one in ids]
        assert resolution.ids_with(keys[0]) == expected
        person = run.find_person(one)
        assert resolution.states[person.person_id] == (person.is_identified, json.loads(person.properties))


UUIDS = [str(UUID(int=number, version=4)) for number in range(1, 5)]


def random_lines(random: Random) -> Lines:
    """Lines that use both ways to merge, and few ids."""
    users, devices = ["u1", "u2", "u3"], ["d1", "d2", *UUIDS]
    lines: Lines = []
    for second in range(60):
        user, device = random.choice(users), random.choice(devices)
        other = random.choice([*users, *devices, "$device:d1"])
        lines.append(
            random.choice(
                [
                    mp("view", second, distinct_id=f"$device:{device}", _device_id=device),
                    mp("view", second, distinct_id=other),
                    mp("login", second, distinct_id=user, _user_id=user, _device_id=device),
                    mp("$identify", second, _identified_id=user, _anon_id=device),
                    mp("$create_alias", second, distinct_id=user, alias=other),
                    mp("$merge", second, _distinct_ids=[user, other]),
                    {"$token": "t", "$distinct_id": other, "$set": {random.choice("ab"): second}},
                ]
            )
        )
    return lines


def test_the_first_line_of_the_summary_says_whose_rules(tmp_path: Path) -> None:
    log = log_of(tmp_path, "log.ndjson", TWO_LOGINS)

    def told(*options: str) -> str:
        command = ["replay", str(log), "--run", str(tmp_path / "run"), *options]
        return " ".join(CliRunner().invoke(idcli, command).output.split())

    assert "5 lines of mixpanel, rules mixpanel-simplified (Mixpanel's own), no buffer" in told()
    assert "Persons 2 2 linked, 0 never linked" in told()
    assert "refused_taken 1 the other id is somebody else's already" in told("--verbose")
    assert "5 lines of mixpanel, rules guide, buffer 60 s" in told("--rules", "guide")
    figures = json.loads(
        CliRunner()
        .invoke(idcli, ["replay", str(log), "--run", str(tmp_path / "run"), "--format", "json"])
        .stdout
    )
    assert (figures["rules_vendor"], figures["rules_are_of_log"]) == ("Mixpanel", True)
