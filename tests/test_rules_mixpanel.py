"""Mixpanel's rules, sentence by sentence of its documentation; events come as its dialect makes them."""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import pytest
from nasty_logs import nasty_log
from outcomes import Outcome, oracle_outcome, resolve
from test_against_oracle import comparable

from identity_cli.events import NO_EFFECT
from identity_cli.rules.mixpanel import ORIGINAL, SIMPLIFIED

SETS = (SIMPLIFIED.name, ORIGINAL.name)
ANONYMOUS = "6f1c2f0e-0d7b-4a55-9a0e-3f2d1c0b9a87"
ANOTHER = "0b5e7d1a-93c4-4f0e-8d21-7c9a5b3e1f60"
OF_WEB_LIBRARY = "175d5a5a1f5a5e-0a7c8b1b9f6d4c-18356652-13c680-175d5a5a1f6b1f"


def seen(own: str, **writes: Any) -> dict[str, Any]:
    return {
        "event": "view",
        "distinct_id": own,
        "properties": {f"${key}": value for key, value in writes.items()},
    }


def pair(user: str, device: str, **writes: Any) -> dict[str, Any]:
    """An event that names a user and a device, for the first time."""
    properties = {"$anon_distinct_id": device, **{f"${key}": value for key, value in writes.items()}}
    return {"event": "login", "_links_as": "$identify", "distinct_id": user, "properties": properties}


def identify(own: str, anonymous: str) -> dict[str, Any]:
    return {"event": "$identify", "distinct_id": own, "properties": {"$anon_distinct_id": anonymous}}


def alias(own: str, other: str) -> dict[str, Any]:
    return {"event": "$create_alias", "distinct_id": own, "properties": {"alias": other}}


def merge(own: str, other: str) -> dict[str, Any]:
    return {
        "event": "$merge",
        "_links_as": "$merge_dangerously",
        "distinct_id": own,
        "properties": {"alias": other},
    }


def simplified(*events: dict[str, Any]) -> Outcome:
    return resolve(events, SIMPLIFIED)


def original(*events: dict[str, Any], **changes: Any) -> Outcome:
    return resolve(events, replace(ORIGINAL, **changes))


# Simplified


def test_a_user_and_a_device_on_one_event_for_the_first_time_are_merged() -> None:
    outcome = simplified(seen("$device:d1"), pair("u1", "$device:d1"))
    assert outcome.groups() == [["$device:d1", "u1"]]
    assert outcome.in_the_end == ["u1", "u1"], "events before it are the user's too"


def test_the_user_id_is_the_canonical_one() -> None:
    (person,) = simplified(seen("$device:d1"), pair("u1", "$device:d1")).persons
    assert person["creator"] == "u1"


def test_a_returning_user_brings_a_further_device() -> None:
    outcome = simplified(pair("u1", "$device:d1"), seen("$device:d2"), pair("u1", "$device:d2"))
    assert outcome.groups() == [["$device:d1", "$device:d2", "u1"]]


def test_after_a_reset_the_next_user_has_a_device_of_its_own() -> None:
    outcome = simplified(
        seen("$device:d1"), pair("u1", "$device:d1"), seen("$device:d2"), pair("u2", "$device:d2")
    )
    assert outcome.groups() == [["$device:d1", "u1"], ["$device:d2", "u2"]]


def test_a_device_that_is_somebodys_is_ignored_on_the_event_of_another() -> None:
    outcome = simplified(
        seen("$device:d1"), pair("u1", "$device:d1"), pair("u2", "$device:d1"), seen("$device:d1")
    )
    assert outcome.groups() == [["$device:d1", "u1"], ["u2"]]
    assert outcome.link_outcomes() == ["merged", "refused_taken"]
    assert outcome.warning_types() == ["errAnonDistinctIdAssignedAlready"]
    assert outcome.in_the_end == ["u1", "u1", "u2", "u1"]


def test_that_device_stays_with_the_first_user_also_where_the_second_was_known() -> None:
    outcome = simplified(
        seen("u2"), pair("u1", "$device:d1"), pair("u2", "$device:d1"), pair("u1", "$device:d1")
    )
    assert outcome.groups() == [["$device:d1", "u1"], ["u2"]]
    assert outcome.link_outcomes() == ["created", "refused_taken", "same_person"]


def test_there_is_no_limit_to_the_devices_of_a_user() -> None:
    (person,) = simplified(*(pair("u1", f"$device:{number}") for number in range(600))).persons
    assert len(person["distinct_ids"]) == 601


@pytest.mark.parametrize(
    "event", [alias("u1", "u2"), merge("u1", "u2"), {**identify("u1", "u2"), "_links_as": NO_EFFECT}]
)
def test_alias_merge_and_identify_are_ignored(event: dict[str, Any]) -> None:
    outcome = simplified(seen("u1"), seen("u2"), event)
    assert outcome.groups() == [["u1"], ["u2"]]
    assert outcome.link_outcomes() == ["refused_no_effect"]
    assert not outcome.warnings
    assert not any(person["is_identified"] for person in outcome.persons)


def test_a_device_named_like_a_user_is_not_that_user() -> None:
    outcome = simplified(pair("charlie", "$device:+6512345678"), seen("+6512345678"))
    assert outcome.groups() == [["$device:+6512345678", "charlie"], ["+6512345678"]]


def test_a_profile_set_on_a_device_is_lost_once_the_device_is_a_users() -> None:
    known = simplified(
        seen("u1", set={"plan": "pro"}),
        seen("$device:d1", set={"plan": "free", "seen": 1}),
        pair("u1", "$device:d1"),
    )
    unknown = simplified(seen("$device:d1", set={"seen": 1}), pair("u1", "$device:d1", set={"plan": "pro"}))
    assert known.person_of("u1")["properties"] == {"plan": '"pro"'}
    assert unknown.person_of("u1")["properties"] == {"plan": '"pro"'}


# Original


def test_identify_makes_a_cluster_of_an_anonymous_and_an_identified_id() -> None:
    outcome = original(seen(ANONYMOUS), identify("u1", ANONYMOUS), seen(ANOTHER), identify("u1", ANOTHER))
    assert outcome.groups() == [[ANOTHER, ANONYMOUS, "u1"]]


@pytest.mark.parametrize(
    ("anonymous", "expected"),
    [
        (ANONYMOUS, "created"),
        (ANONYMOUS.upper(), "created"),
        (OF_WEB_LIBRARY, "created"),
        ("6f1c2f0e-0d7b-1a55-9a0e-3f2d1c0b9a87", "refused_form"),
        ("6f1c2f0e-0d7b-7a55-9a0e-3f2d1c0b9a87", "refused_form"),
        ("6f1c2f0e-0d7b-4a55-7a0e-3f2d1c0b9a87", "refused_form"),
        ("6f1c2f0e0d7b4a559a0e3f2d1c0b9a87", "refused_form"),
        (f"{ANONYMOUS}\n", "refused_form"),
        ("visitor-7", "refused_form"),
        ("7312009123", "refused_form"),
    ],
)
def test_identify_links_only_what_has_the_form_of_an_anonymous_id(anonymous: str, expected: str) -> None:
    outcome = original(identify("u1", anonymous))
    assert outcome.link_outcomes() == [expected]
    assert outcome.warning_types() == (["errAnonDistinctIdNonGUIDForm"] if expected == "refused_form" else [])
    assert outcome.groups() == [sorted(["u1", anonymous])] if expected == "created" else [["u1"]]


def test_identify_does_not_take_an_anonymous_id_that_it_gave_to_another() -> None:
    outcome = original(
        identify("u1", ANONYMOUS), identify("u2", ANONYMOUS), seen("u3"), identify("u3", ANONYMOUS)
    )
    assert outcome.groups() == [[ANONYMOUS, "u1"], ["u2"], ["u3"]]
    assert outcome.link_outcomes() == ["created", "refused_taken", "refused_taken"]
    assert set(outcome.warning_types()) == {"errAnonDistinctIdAssignedAlready"}


def test_only_identify_counts_for_that() -> None:
    outcome = original(merge(ANONYMOUS, ANOTHER), identify("u1", ANONYMOUS))
    assert outcome.groups() == [[ANOTHER, ANONYMOUS, "u1"]]
    assert outcome.link_outcomes() == ["created", "attached"]


def test_identify_knows_no_identified_persons() -> None:
    outcome = original(identify("u1", ANONYMOUS), identify("u2", ANOTHER), alias("u1", "u2"))
    assert outcome.groups() == [[ANOTHER, ANONYMOUS, "u1", "u2"]]


def test_identify_with_itself_is_a_failure() -> None:
    outcome = original(identify(ANONYMOUS, ANONYMOUS))
    assert outcome.link_outcomes() == ["same_id"]
    assert outcome.warning_types() == ["errSameIDs"]


def test_identify_again_changes_nothing() -> None:
    outcome = original(identify("u1", ANONYMOUS), identify("u1", ANONYMOUS))
    assert outcome.link_outcomes() == ["created", "same_person"]
    assert not outcome.warnings


def test_alias_and_merge_override_the_safeguards_of_identify() -> None:
    for link in (alias, merge):
        outcome = original(identify("u1", ANONYMOUS), link("u2", ANONYMOUS), link("u2", "any form"))
        assert outcome.groups() == [sorted([ANONYMOUS, "any form", "u1", "u2"])]


def test_an_alias_points_to_one_id_and_an_id_has_any_number_of_aliases() -> None:
    outcome = original(alias("u1", "mail"), alias("u1", "phone"), alias("u2", "mail"), alias("mail", "crm"))
    assert outcome.groups() == [["crm", "mail", "phone", "u1"], ["u2"]]
    assert outcome.link_outcomes() == ["created", "attached", "refused_taken", "attached"]
    assert outcome.warning_types() == ["errAliasAlreadyExists"]


def test_merge_joins_any_two_ids() -> None:
    outcome = original(identify("u1", ANONYMOUS), identify("u2", ANOTHER), merge("u1", "u2"))
    assert outcome.groups() == [[ANOTHER, ANONYMOUS, "u1", "u2"]]


@pytest.mark.parametrize("link", [alias, merge])
def test_a_cluster_has_500_ids_at_most(link: Any) -> None:
    outcome = original(*(link("u1", f"id-{number}") for number in range(501)))
    assert len(outcome.person_of("u1")["distinct_ids"]) == 500
    assert outcome.link_outcomes() == ["created"] + 498 * ["attached"] + 2 * ["refused_full"]
    assert outcome.warning_types() == ["errManyIDs"] * 2


def test_the_limit_counts_the_ids_of_both_sides() -> None:
    two_and_two = [alias("u1", "a"), alias("u2", "b"), merge("u1", "u2")]
    assert original(*two_and_two, most_ids=4).link_outcomes() == ["created", "created", "merged"]
    assert original(*two_and_two, most_ids=3).link_outcomes() == ["created", "created", "refused_full"]
    assert original(identify("u1", ANONYMOUS), most_ids=1).link_outcomes() == ["refused_full"]


def test_of_two_profiles_one_is_kept_whole_and_an_only_one_is_kept() -> None:
    both = original(
        seen("u1", set={"plan": "pro"}), seen("u2", set={"plan": "free", "seen": 1}), merge("u1", "u2")
    )
    only = original(seen("u1"), seen("u2", set={"plan": "free"}), merge("u1", "u2"))
    assert both.person_of("u1")["properties"] == {"plan": '"pro"'}
    assert only.person_of("u1")["properties"] == {"plan": '"free"'}


# Both


@pytest.mark.parametrize("rules", SETS)
def test_nothing_waits_and_nothing_is_copied(rules: str) -> None:
    times = {"timestamp": "2026-05-04T09:30:00Z", "now": "2026-05-04T09:30:01Z"}
    outcome = resolve([{**seen("u1"), **times, "properties": {"utm_source": "ad"}}], rules)
    assert not outcome.held
    assert outcome.person_of("u1")["properties"] == {}


@pytest.mark.parametrize("rules", SETS)
@pytest.mark.parametrize("other", ["anonymous", "null", "undefined", "0"])
def test_the_lists_of_illegal_ids_are_the_platforms_own(rules: str, other: str) -> None:
    link = pair("u1", other) if rules == SIMPLIFIED.name else alias("u1", other)
    assert resolve([link], rules).link_outcomes() == ["created"]
    assert resolve(
        [{**link, "properties": {"alias": " ", "$anon_distinct_id": " "}}], rules
    ).link_outcomes() == ["refused_illegal"]


# Random logs


@pytest.mark.parametrize("rules", SETS)
@pytest.mark.parametrize("seed", range(60))
def test_same_as_the_oracle_on_vendors_logs(rules: str, seed: int) -> None:
    log = vendors_log(Random(f"{rules} {seed}"))
    buffer = Random(seed).choice([None, 0, 60])
    ours, theirs = (resolved(log, rules, buffer_seconds=buffer) for resolved in (resolve, oracle_outcome))
    assert comparable(ours) == comparable(theirs), f"{rules} {seed}"


def test_vendors_logs_reach_every_corner() -> None:
    reached: Counter[str] = Counter()
    for rules in SETS:
        for seed in range(60):
            outcome = resolve(vendors_log(Random(f"{rules} {seed}")), rules)
            reached.update(f"{rules} {what}" for what in (*outcome.link_outcomes(), *outcome.warning_types()))
    for corner in ("created", "attached", "merged", "same_person", "refused_taken", "refused_no_effect"):
        assert reached[f"{SIMPLIFIED.name} {corner}"] > 20, corner
    for corner in ("created", "attached", "merged", "same_person", "refused_taken", "refused_form"):
        assert reached[f"{ORIGINAL.name} {corner}"] > 20, corner
    for reason in ("errSameIDs", "errAnonDistinctIdNonGUIDForm", "errAliasAlreadyExists"):
        assert reached[f"{ORIGINAL.name} {reason}"] > 10, reason


def vendors_log(random: Random) -> list[dict[str, Any]]:
    """A nasty log with pairs of ids, anonymous ids of the vendor's form and links that are nobody's."""
    log = nasty_log(random, random.choice([5, 40, 120]))
    uuids = [str(UUID(int=random.getrandbits(128), version=4)) for _ in range(4)]
    for event in log:
        if random.random() < 0.3:
            event["properties"]["$anon_distinct_id"] = random.choice(uuids)
        if random.random() < 0.2:
            event["distinct_id"] = random.choice(uuids)
        if event["event"] in ("$pageview", "purchase") and random.random() < 0.5:
            event["_links_as"] = random.choice(["$identify", NO_EFFECT, "$merge_dangerously"])
    return log
