"""Why two ids are two persons: the remedy follows the facts, and what names both in vain is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from test_culprits import alias, event, identify
from test_whatif import run_of
from test_why import are_together

from identity_cli import Run, why
from identity_cli.cli import idcli
from identity_cli.counterfactual import remedies
from identity_cli.counterfactual.identified import why_identified
from identity_cli.errors import IdWithoutPerson

Event = dict[str, Any]


def told(*arguments: str) -> str:
    result = CliRunner().invoke(idcli, arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def both_ways(run: Run, one: str, two: str) -> list[str]:
    """The remedies, which must not depend on the order of the ids."""
    found = [why(run, *pair).remedies for pair in ((one, two), (two, one))]
    assert found[0] == found[1]
    return found[0]


def test_the_device_is_never_the_account(tmp_path: Path) -> None:
    events = [
        {"event": "e", "distinct_id": "device", "properties": {"$device_id": "device"}},
        event("account"),
    ]
    run = run_of(tmp_path, events, buffer=0)
    expected = "a $identify of 'account' with $anon_distinct_id 'device' would join them now"
    assert both_ways(run, "account", "device") == [expected]


def test_who_is_identified_is_the_account_whatever_its_form(tmp_path: Path) -> None:
    account = "5d1c7a52-5f0e-4c57-9d61-9b0b3c7b9a11"
    run = run_of(tmp_path, [event("plain"), identify(account, "other")], buffer=0)
    assert both_ways(run, "plain", account) == [
        f"a $identify of {account!r} with $anon_distinct_id 'plain' would join them now"
    ]


def test_an_id_that_a_library_made_is_not_the_account(tmp_path: Path) -> None:
    made = "0189d3a5-5b0c-7e11-9d61-9b0b3c7b9a11"
    run = run_of(tmp_path, [event(made), event("42")], buffer=0)
    assert both_ways(run, "42", made) == [
        f"a $identify of '42' with $anon_distinct_id {made!r} would join them now"
    ]


def test_a_link_the_wrong_way_round_is_told_before_a_dangerous_merge(tmp_path: Path) -> None:
    """The account is identified, so it is refused as an alias of the device, which would have joined it."""
    events = [event("boot"), identify("account", "server"), alias("boot", "account")]
    run = run_of(tmp_path, events, buffer=0)
    found = why(run, "boot", "account")
    (instead,) = found.instead
    assert (instead.origin.line, instead.event, instead.distinct_id, instead.other) == (
        3,
        "$create_alias",
        "account",
        "boot",
    )
    assert not any("as $merge_dangerously at" in one for one in found.remedies)
    swapped = [*events[:2], alias("account", "boot")]
    assert are_together(run_of(tmp_path / "swapped", swapped, buffer=0), "boot", "account")
    page = told("why", "boot", "account", "--run", str(run.folder))
    assert page.index("the other way round") < page.index("$merge_dangerously")
    assert "nothing guards a $merge_dangerously" in page.lower()


@pytest.mark.parametrize(
    ("link", "because"),
    [
        ({"properties": {"$set": {"$anon_distinct_id": "dev"}}}, "belongs directly in properties"),
        ({"properties": {"properties": {"$anon_distinct_id": "dev"}}}, "belongs directly in properties"),
        ({"properties": {}, "$anon_distinct_id": "dev"}, "belongs directly in properties"),
        ({"properties": {"anon_distinct_id": "dev"}}, "misspelt: only $anon_distinct_id links"),
        ({"properties": {"$anonymous_id": "dev"}}, "misspelt: only $anon_distinct_id links"),
        ({"event": "login", "properties": {"$anon_distinct_id": "dev"}}, "only $identify does"),
        ({"event": "login", "properties": {"alias": "dev"}}, "only $create_alias and $merge_dangerously do"),
        ({"event": "login", "properties": {"visitor": "dev"}}, "as properties.visitor, which links nobody"),
    ],
)
def test_an_event_that_names_both_in_vain_is_the_answer(tmp_path: Path, link: Event, because: str) -> None:
    events = [event("dev"), {"event": "$identify", "distinct_id": "u", **link}]
    run = run_of(tmp_path, events, buffer=0)
    (reason,) = why(run, "u", "dev").reasons
    assert f"{run.origin(2)} names both in vain" in reason
    assert because in reason


def test_many_events_that_name_both_in_vain_are_one_reason(tmp_path: Path) -> None:
    events = [event("dev"), *[{"event": "e", "distinct_id": "u", "properties": {"ref": "dev"}}] * 9]
    (reason,) = why(run_of(tmp_path, events, buffer=0), "u", "dev").reasons
    assert "and 8 more names both in vain" in reason


def test_a_batch_names_both_only_where_one_event_does(tmp_path: Path) -> None:
    batch: Any = {"batch": [event("u"), event("dev")]}
    run = run_of(tmp_path, [batch], dialect="posthog-capture", buffer=0)
    assert "no event in this log names both sides" in why(run, "u", "dev").reasons[0]


def test_an_event_of_a_batch_that_names_both_in_vain_has_its_own_address(tmp_path: Path) -> None:
    batch: Any = {"batch": [event("dev"), {"event": "e", "distinct_id": "u", "properties": {"ref": "dev"}}]}
    run = run_of(tmp_path, [batch], dialect="posthog-capture", buffer=0)
    assert f"{run.origin(2)} names both in vain" in why(run, "u", "dev").reasons[0]
    assert str(run.origin(2)).endswith(":1#2")


IN_VAIN = {"event": "e", "distinct_id": "u", "properties": {"ref": "dév"}}
FORMS_OF_A_LINE: dict[str, Any] = {
    "an array, one item of which is no event": [event("dév"), None, IN_VAIN],
    "a message that holds its event as text": {
        **{"uuid": None, "ip": "", "site_url": "", "team_id": 1, "now": "2024-01-01T00:00:00Z"},
        **{"distinct_id": "u", "data": json.dumps(IN_VAIN)},
    },
    "a row that holds its properties as text": {**IN_VAIN, "properties": '{"ref": "d\\u00e9v"}'},
}


@pytest.mark.parametrize("line", FORMS_OF_A_LINE.values(), ids=FORMS_OF_A_LINE)
def test_what_names_both_in_vain_is_found_in_every_form_of_a_line(tmp_path: Path, line: Any) -> None:
    run = run_of(tmp_path, [event("dév"), line], buffer=0)
    (reason,) = why(run, "u", "dév").reasons
    assert f"log.ndjson:2{'#3' if isinstance(line, list) else ''} names both in vain" in reason


def test_what_names_both_in_vain_is_found_in_a_body_of_amplitudes(tmp_path: Path) -> None:
    one, other = (
        {"event_type": "e", "user_id": user, "insert_id": user, "time": 1, "user_properties": {"ref": "u1"}}
        for user in ("u1", "u2")
    )
    run = run_of(tmp_path, [{"api_key": "k", "events": [one, other]}], buffer=0)
    (reason,) = why(run, "u2", "u1").reasons
    assert "log.ndjson:1#2 names both in vain" in reason


def test_an_illegal_id_is_named_and_what_to_send_instead(tmp_path: Path) -> None:
    events = [event("dev"), event("undefined"), identify("u", "undefined")]
    run = run_of(tmp_path, events, buffer=0)
    found = why(run, "u", "undefined")
    assert "'undefined' can be nobody's own id; send the id" in found.reasons[0]
    assert not found.remedies
    assert "every link with 'undefined' is refused" in found.notes[0]
    (instead,) = why(run, "u", "dev").instead
    assert (instead.distinct_id, instead.other, instead.replaces) == ("u", "dev", "undefined")
    assert "in place of 'undefined'" in str(instead)


def test_the_real_id_is_found_whichever_was_named_first(tmp_path: Path) -> None:
    events = [event("dev"), identify("u", "w"), identify("u", "undefined")]
    run = run_of(tmp_path, events, buffer=0)
    for one, two in (("w", "dev"), ("dev", "w")):
        (instead,) = why(run, one, two).instead
        assert (instead.distinct_id, instead.other, instead.replaces) == ("u", "dev", "undefined")


def test_no_remedy_is_sent_under_an_id_that_capture_cuts(tmp_path: Path) -> None:
    long = "x" * 201
    run = run_of(tmp_path, [identify("u", long), event("dev")], buffer=0)
    assert both_ways(run, "dev", long) == [
        f"a $merge_dangerously of 'dev' with alias {long!r} would join them now"
    ]


def test_a_remedy_holds_once_the_buffer_is_empty(tmp_path: Path) -> None:
    """A waits at the end of the log: by the time of any further event it is a person."""
    now = ("2023-03-01T09:00:00Z", "2023-03-01T09:00:10Z", "2023-03-01T09:05:00Z")
    events: list[Event] = [{**identify("b", "x"), "now": now[0]}, {**event("A"), "now": now[1]}]
    (remedy,) = both_ways(run_of(tmp_path, events), "A", "b")
    assert remedy == "a $identify of 'b' with $anon_distinct_id 'A' would join them now"
    later = run_of(tmp_path / "later", [*events, {**identify("b", "A"), "now": now[2]}])
    assert are_together(later, "A", "b")


def test_what_both_share_is_told(tmp_path: Path) -> None:
    about = {"$device_id": "d-1", "$set": {"email": "one@example.com", "plan": "free"}, "$lib": "web"}
    events = [identify("1000", "v-0", **about), identify("1001", "v-1", **about)]
    run = run_of(tmp_path, events)
    shared = {
        (one.name, one.value): [place.line for place in one.places] for one in why(run, "1000", "1001").shared
    }
    assert shared == {("$device_id", "d-1"): [1, 2], ("email", "one@example.com"): [1, 2]}
    assert "What both have" in told("why", "1000", "1001", "--run", str(run.folder))


def test_an_id_without_a_person_is_explained_all_the_same(tmp_path: Path) -> None:
    without = {"install_id": "i-1", "$process_person_profile": False}
    events: list[Event] = [
        {"event": "e", "distinct_id": "view", "properties": without},
        identify("u", "main", install_id="i-1"),
    ]
    run = run_of(tmp_path, events, rules="current")
    found = why(run, "view", "u")
    assert not found.are_one
    assert "'view' has no person" in found.reasons[0]
    assert [one.name for one in found.shared] == ["install_id"]
    assert both_ways(run, "view", "u") == [
        "a $identify of 'u' with $anon_distinct_id 'view' would join them now"
    ]
    with pytest.raises(IdWithoutPerson):
        why(run, "view", "view")


def test_a_thousand_refusals_cost_no_thousand_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replays = 0
    joins = remedies.Remedies._joins

    def counted(self: remedies.Remedies, steps: Any) -> bool:
        nonlocal replays
        replays += 1
        return joins(self, steps)

    monkeypatch.setattr(remedies.Remedies, "_joins", counted)
    events = [identify("u", "a"), identify("v", "b"), *[identify("u", "v")] * 1_000]
    run = run_of(tmp_path, events, buffer=0)
    found = why(run, "u", "v")
    assert len(found.reasons) == 1_000
    assert replays < 20
    page = told("why", "u", "v", "--run", str(run.folder))
    assert "more; --format json has them all" in page
    assert len(page) < 3_000


def test_one_and_the_same_id(tmp_path: Path) -> None:
    run = run_of(tmp_path, [event("u")])
    assert "both are the same id" in why(run, "u", "u").notes[0]


def test_how_many_sets_there_are_is_told(tmp_path: Path) -> None:
    events = [identify(f"u{number}", f"u{number + 1}") for number in range(8, -1, -1)]
    run = run_of(tmp_path, events, buffer=0)
    found = why(run, "u0", "u9")
    assert (len(found.separators), found.sets) == (5, 9)
    assert "these are 5 of 9 such sets" in told("why", "u0", "u9", "--run", str(run.folder))


# Why one id is identified, or not


def test_never_named_by_a_link(tmp_path: Path) -> None:
    run = run_of(tmp_path, [event("u"), identify("v", "b")])
    found = why_identified(run, "u")
    assert not found.is_identified
    assert found.reasons == [
        "no $identify, $create_alias or $merge_dangerously of this log names any of its ids"
    ]


def test_a_link_that_names_nobody_else_marks_nobody(tmp_path: Path) -> None:
    events: list[Event] = [
        event("u"),
        {"event": "$identify", "distinct_id": "u"},
        identify("u", "u"),
        identify("u", "null"),
    ]
    run = run_of(tmp_path, events, buffer=0)
    found = why_identified(run, "u")
    assert not found.is_identified
    reasons = "\n".join(found.reasons)
    assert f"{run.origin(2)}: $identify without $anon_distinct_id" in reasons
    assert "both ids are the same" in reasons
    assert "'null' can be nobody's own id" in reasons
    page = told("why", "u", "--run", str(run.folder))
    assert "u is not identified" in page
    assert "What would mark it" in page


def test_what_marked_a_person(tmp_path: Path) -> None:
    run = run_of(tmp_path, [event("u"), identify("u", "a")])
    answer = json.loads(told("why", "a", "--run", str(run.folder), "--format", "json"))
    assert (answer["is_identified"], answer["identified_at"]["line"]) == (True, 2)
    assert "$identify of 'u' with 'a', attached" in answer["reasons"][0]


def test_without_the_log_what_names_no_second_id_is_missing(tmp_path: Path) -> None:
    run = run_of(tmp_path, [event("u"), {"event": "$identify", "distinct_id": "u"}])
    (tmp_path / "log.ndjson").unlink()
    assert why_identified(run, "u").without_log is not None
