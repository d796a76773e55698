"""Culprits and plans of small logs: each set of events is needed, each cause has its own remedy."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from test_whatif import run_of

from identity_cli import Run, culprits, repair, why
from identity_cli.cli import idcli
from identity_cli.counterfactual import parting, trials
from identity_cli.counterfactual.causes import is_placeholder
from identity_cli.counterfactual.component import scope_of
from identity_cli.counterfactual.cuts import fewest_between
from identity_cli.counterfactual.repair_plan import Plan

Event = dict[str, Any]


def identify(own: str, other: str, **inside: Any) -> Event:
    return {"event": "$identify", "distinct_id": own, "properties": {"$anon_distinct_id": other, **inside}}


def alias(own: str, other: str, name: str = "$create_alias") -> Event:
    return {"event": name, "distinct_id": own, "properties": {"alias": other}}


def event(own: str) -> Event:
    return {"event": "e", "distinct_id": own}


def sets_of(run: Run, wanted: str) -> list[tuple[list[int], int]]:
    return [([place.seq for place in one.places], one.login_ids) for one in culprits(run, wanted).found]


def left_out(plan: Plan) -> list[list[int]]:
    return [
        [each["line"] for each in one.details["events"]] for one in plan.actions if one.kind == "leave_out"
    ]


def code_of(plan: Plan) -> dict[str, Any]:
    (one,) = [one for one in plan.actions if one.kind == "fix_code"]
    return one.details | {"reason": one.reason}


def test_a_link_that_was_sent_twice_is_found_whatever_came_later(tmp_path: Path) -> None:
    events = [identify("u", "a")] * 2 + [identify("v", "a")] * 2
    events += [identify("u", f"d{number}") for number in range(6)]
    run = run_of(tmp_path, events, buffer=0)
    assert [one for one in sets_of(run, "v") if one[1]] == [([3, 4], 1), ([1, 2], 1)]
    assert [[place.seq for place in places] for places in why(run, "u", "v").separators] == [[1, 2], [3, 4]]
    assert left_out(repair(run, "v")) == [[3, 4]]


def test_a_link_that_was_sent_a_hundred_times_is_one_set(tmp_path: Path) -> None:
    events = [identify("u", "a"), *[identify("v", "a")] * 100]
    found = sets_of(run_of(tmp_path, events, buffer=0), "v")
    assert found == [([1], 1), ([*range(2, 102)], 1)]


def test_no_innocent_is_blamed(tmp_path: Path) -> None:
    """[4] is of another device: with [2] and [3] left out it joins nobody."""
    events = [identify("u", "a"), identify("v", "a"), identify("v", "a"), identify("v", "z")]
    assert [one for one in sets_of(run_of(tmp_path, events, buffer=0), "u") if one[1]] == [
        ([1], 1),
        ([2, 3], 1),
    ]


def test_an_id_that_has_no_person_any_more_is_nobodys_companion(tmp_path: Path) -> None:
    """Without their only links bob and m are gone, each by itself: nothing makes them one."""
    events = [
        alias("x", "y"),
        identify("x", "m"),
        identify("y", "f"),
        identify("m", "x"),
        identify("bob", "x"),
    ]
    plan = repair(run_of(tmp_path, events, buffer=0), "x")
    assert not any(
        "alias" in one.details["note"] and "bob" in one.reason for one in plan.actions if one.kind == "split"
    )
    splits = [
        one.details["request"]["body"]["distinct_ids_to_split"] for one in plan.actions if one.kind == "split"
    ]
    assert ["bob"] in splits
    assert not plan.together


def test_thirty_one_logins_on_one_device_get_a_whole_plan(tmp_path: Path) -> None:
    users = [f"u{number}" for number in range(31)]
    events = [each for user in users for each in (identify(user, "d"), event(user))]
    plan = repair(run_of(tmp_path, events, buffer=0), "u7")
    assert len(left_out(plan)) == 30
    assert (plan.persons, plan.together, plan.stopped_at) == ((1, 31), [], None)


@pytest.mark.parametrize(("work", "steps"), [(0, 1), (35, 2)])
def test_a_plan_that_stops_says_so(
    work: int, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parting, "FEWEST_STEPS", 1)
    monkeypatch.setattr(parting, "WORK", work)
    events = [each for user in "uvwxyz" for each in (identify(user, "d"), event(user))]
    events += [alias(user, other, "$merge_dangerously") for user, other in ("uv", "vw", "wx", "xy", "yz")]
    plan = repair(run_of(tmp_path, events, buffer=0), "u")
    assert (plan.document["stopped_at"], bool(plan.together)) == (steps, True)


def test_a_clique_of_links_is_told_as_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pair of 40 persons is merged by force, both ways: no few events part any two."""
    monkeypatch.setattr(trials, "WORK", 2_000)
    ids = [f"u{number}" for number in range(40)]
    events = [event(one) for one in ids]
    events += [alias(one, two, "$merge_dangerously") for one in ids for two in ids if one != two]
    found = culprits(run_of(tmp_path, events, buffer=0), "u1")
    assert (found.found, found.held > 0) == ([], True)


# Causes


def test_one_id_on_several_devices_is_a_constant_and_is_blocked(tmp_path: Path) -> None:
    events = [
        each
        for number in range(3)
        for each in (
            identify(f"u{number}", "shared-by-all", **{"$device_id": f"device-{number}"}),
            event(f"u{number}"),
        )
    ]
    plan = repair(run_of(tmp_path, events), "u1")
    assert [(one.kind, one.details["distinct_id"]) for one in plan.actions[:1]] == [
        ("block_id", "shared-by-all")
    ]
    assert (plan.persons, plan.together, left_out(plan)) == ((1, 3), [], [])
    assert code_of(plan)["cause"] == "constant_id"
    assert "reset() would not help" in code_of(plan)["reason"]


def test_the_devices_may_stand_on_the_accounts_own_events(tmp_path: Path) -> None:
    events: list[Event] = []
    for number in range(2):
        about = {"properties": {"$device_id": f"device-{number}"}}
        events += [identify(f"u{number}", "shared-by-all"), {**event(f"u{number}"), **about}]
    plan = repair(run_of(tmp_path, events), "u1")
    assert (plan.actions[0].kind, code_of(plan)["cause"]) == ("block_id", "constant_id")


def test_a_placeholder_is_blocked_too(tmp_path: Path) -> None:
    events = [each for user in "uvw" for each in (identify(user, "guest_user"), event(user))]
    plan = repair(run_of(tmp_path, events), "u")
    assert (plan.actions[0].kind, code_of(plan)["cause"]) == ("block_id", "placeholder")


def test_one_device_that_several_share_lacks_a_reset(tmp_path: Path) -> None:
    about = {"$device_id": "d", "$lib": "web", "$lib_version": "1.2"}
    events = [each for user in "uv" for each in (identify(user, "d", **about), event(user))]
    plan = repair(run_of(tmp_path, events), "u")
    code = code_of(plan)
    assert (code["cause"], code["library"], code["version"]) == ("shared_device", "web", "1.2")
    assert "one device, d" in code["evidence"]
    assert left_out(plan) == [[3]]


@pytest.mark.parametrize(
    ("link", "cause"),
    [
        (alias("u", "v", "$merge_dangerously"), "dangerous_merge"),
        (alias("tablet", "v"), "alias_reversed"),
    ],
)
def test_what_joined_them_has_its_own_remedy(tmp_path: Path, link: Event, cause: str) -> None:
    """v is not identified yet when the alias comes, so nothing guards it."""
    late = [link, identify("v", "b")] if link["event"] == "$create_alias" else [identify("v", "b"), link]
    events = [identify("u", "a"), identify("u", "tablet"), event("v"), *late]
    plan = repair(run_of(tmp_path, events, buffer=0), "u")
    assert code_of(plan)["cause"] == cause


def test_a_link_that_no_line_asks_for_in_words_names_the_vendors_call(tmp_path: Path) -> None:
    library = {"library": {"name": "analytics.js", "version": "2.1"}}
    events = [
        {"type": "identify", "userId": user, "anonymousId": "d", "context": library, "messageId": user}
        for user in ("u", "v")
    ]
    code = code_of(repair(run_of(tmp_path, events, dialect="segment"), "u"))
    assert (code["library"], code["version"], code["mapped_from"]) == (
        "analytics.js",
        "2.1",
        "segment identify",
    )
    assert "analytics.reset()" in code["reason"]


def test_words_that_stand_for_nobody() -> None:
    assert all(map(is_placeholder, ("guest", "app_unknown_user", "$posthog_cookieless", "Anonymous User")))
    assert not any(map(is_placeholder, ("anonymous-8f3a77", "user_ivo", "0196-wv-0", "")))


def test_a_minimum_cut_counts_links_sent_several_times(tmp_path: Path) -> None:
    events = [
        event("c"),
        event("d"),
        alias("u", "v", "$merge_dangerously"),
        alias("u", "v"),
        alias("v", "c"),
        alias("c", "d"),
    ]
    scope = scope_of(run_of(tmp_path, events, buffer=0), [(1, "u")])
    links = [*scope.resolve().links.values()]
    assert fewest_between(links, "u", "v", 9) == frozenset({3, 4})
    assert fewest_between(links, "u", "v", 1) is None
    assert fewest_between(links, "u", "d", 9) in (frozenset({5}), frozenset({6}))


def test_a_plan_that_blocks_is_applied_by_replay_and_told_by_export(tmp_path: Path) -> None:
    events = [each for user in "uvw" for each in (identify(user, "guest_user"), event(user))]
    run = run_of(tmp_path, events)
    (tmp_path / "plan.json").write_text(json.dumps(repair(run, "u").document))
    log, plan, folder = (str(tmp_path / name) for name in ("log.ndjson", "plan.json", "again"))
    done = CliRunner().invoke(idcli, ["replay", log, "--apply", plan, "--run", folder])
    assert done.exit_code == 0, done.output
    assert Run(folder).count("persons") == 3
    exported = CliRunner().invoke(idcli, ["export", "log", "--plan", plan, "--run", str(run.folder)])
    assert len(exported.stdout.splitlines()) == len(events)
    assert "also blocks guest_user" in exported.stderr


@pytest.mark.slow
def test_a_page_of_a_person_of_many_ids_folds(tmp_path: Path) -> None:
    events = [identify("u", f"d{number}") for number in range(300)]
    events += [alias("u", "v"), identify("v", "e"), event("v")]
    run = run_of(tmp_path, events, buffer=0)
    page = CliRunner().invoke(idcli, ["repair", "u", "--run", str(run.folder)]).stdout
    assert "than u, d0," in " ".join(page.split())
    assert "more" in page
    assert len(page.splitlines()) < 40
