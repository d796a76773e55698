"""How the guide writes person properties: `$set`, `$set_once`, `$unset`."""

# ruff: noqa: E501 - a line of a log is one line

import json
from collections.abc import Callable
from typing import Any

import pytest
from outcomes import Outcome, resolve

from identity_cli.facts import PropertiesChanged

Resolved = Callable[..., Outcome]


def properties_after(*events: dict[str, Any], rules: str = "guide") -> dict[str, Any]:
    """What one person's properties come to; each event is given by what is special about it."""
    outcome = resolve([{"event": "e", "distinct_id": "ada", **event} for event in events], rules)
    return dict(outcome.person_of("ada")["properties"])


def test_set_overwrites_and_set_once_fills_what_is_absent() -> None:
    assert properties_after(
        {"properties": {"$set": {"plan": "free"}, "$set_once": {"source": "ad"}}},
        {"properties": {"$set": {"plan": "pro"}, "$set_once": {"source": "mail", "first": 1}}},
    ) == {"plan": '"pro"', "source": '"ad"', "first": 1}


def test_set_wins_over_set_once_in_one_event() -> None:
    assert properties_after({"properties": {"$set": {"k": 1}, "$set_once": {"k": 2}}}) == {"k": 1}
    assert properties_after({}, {"properties": {"$set": {"k": 1}, "$set_once": {"k": 2}}}) == {"k": 1}


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}], ids=json.dumps)
def test_a_stored_nothing_is_a_value(value: object) -> None:
    (kept,) = properties_after(
        {"properties": {"$set": {"k": value}}}, {"properties": {"$set_once": {"k": "late"}}}
    ).values()
    assert kept != '"late"'


def test_set_null_stores_null() -> None:
    assert properties_after({"properties": {"$set": {"k": 1}}}, {"properties": {"$set": {"k": None}}}) == {
        "k": None
    }


def test_values_are_replaced_whole() -> None:
    assert properties_after(
        {"properties": {"$set": {"k": {"a": 1, "b": 2}}}}, {"properties": {"$set": {"k": {"b": 3}}}}
    ) == {"k": {"b": 3}}


def test_true_is_not_one() -> None:
    assert properties_after({"properties": {"$set": {"k": 1}}}, {"properties": {"$set": {"k": True}}}) == {
        "k": "true"
    }
    assert properties_after(
        {"properties": {"$set": {"k": [1]}}}, {"properties": {"$set": {"k": [True]}}}
    ) == {"k": ["true"]}


def test_one_point_zero_is_one(resolved: Resolved) -> None:
    """They are the same number to the platform: nothing changes, and a merge loses nothing."""
    outcome = resolved("""
        {"event": "e", "distinct_id": "old", "properties": {"$device_id": "old", "$set": {"k": 1}}}
        {"event": "e", "distinct_id": "ada", "properties": {"$device_id": "ada", "$set": {"k": 1.0}}}
        {"event": "e", "distinct_id": "ada", "properties": {"$set": {"k": 1}}}
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "old"}}
    """)
    assert [fact.seq for fact in outcome.journal if isinstance(fact, PropertiesChanged)] == [0, 1]
    (merge,) = [fact for fact in outcome.journal if getattr(fact, "outcome", None) == "merged"]
    assert merge.dropped == {}


def test_unset_removes() -> None:
    assert properties_after(
        {"properties": {"$set": {"a": 1, "b": 2, "7": 3}}},
        {"properties": {"$unset": ["a", "never there", 7]}},
    ) == {"b": 2}


def test_unset_comes_last_in_its_event() -> None:
    assert properties_after({}, {"properties": {"$set": {"k": 1}, "$unset": ["k"]}}) == {}


def test_unset_does_nothing_on_the_event_that_makes_the_person() -> None:
    assert properties_after({"properties": {"$set": {"k": 1}, "$unset": ["k"]}}) == {"k": 1}


def test_unset_works_on_the_link_that_makes_the_person() -> None:
    link = {
        "event": "$identify",
        "properties": {"$anon_distinct_id": "anon", "$set": {"k": 1}, "$unset": ["k"]},
    }
    assert properties_after(link) == {}


def test_unset_may_be_an_object_its_keys_count() -> None:
    assert properties_after(
        {"properties": {"$set": {"a": 1, "b": 2}}}, {"properties": {"$unset": {"a": None}}}
    ) == {"b": 2}


@pytest.mark.parametrize("odd", ["a", "0", 7, True, None, "", 0], ids=json.dumps)
def test_other_unsets_mean_nothing_and_lose_nothing(odd: object) -> None:
    before = {"a": 1, "0": 2, "7": 3}
    assert properties_after({"properties": {"$set": before}}, {"properties": {"$unset": odd}}) == before


def test_operators_at_the_top_win_over_those_inside() -> None:
    event = {
        "$set": {"a": "top"},
        "$set_once": {"c": "top"},
        "properties": {"$set": {"a": "in", "b": "in"}, "$set_once": {"c": "in", "d": "in"}},
    }
    assert properties_after(event) == {"a": '"top"', "b": '"in"', "c": '"top"', "d": '"in"'}


def test_an_unset_at_the_top_is_ignored() -> None:
    assert properties_after({"$set": {"k": 1}}, {"$unset": ["k"]}) == {"k": 1}


@pytest.mark.parametrize("odd", [None, 7, True, "", []], ids=json.dumps)
def test_operators_that_are_no_objects_write_nothing(odd: object) -> None:
    assert properties_after({"$set": odd, "properties": {"$set_once": odd}}) == {}


def test_lists_and_texts_as_operators_write_their_places() -> None:
    assert properties_after({"properties": {"$set": ["x", "y"]}}) == {"0": '"x"', "1": '"y"'}
    assert properties_after({"properties": {"$set_once": "ab"}}) == {"0": '"a"', "1": '"b"'}


def test_order_is_ingestion_order_whatever_the_timestamps() -> None:
    assert properties_after(
        {"timestamp": "2023-03-09T00:00:00Z", "properties": {"$set": {"k": "first line"}}},
        {"timestamp": "2023-03-01T00:00:00Z", "properties": {"$set": {"k": "second line"}}},
    ) == {"k": '"second line"'}


def test_event_properties_are_not_copied_onto_the_person() -> None:
    assert properties_after({"properties": {"$browser": "Firefox", "utm_source": "ad", "plan": "pro"}}) == {}


def test_2022_12_copies_campaigns_and_first_sightings() -> None:
    event = {
        "properties": {
            "$browser": "Firefox",
            "utm_source": "ad",
            "msclkid": "m",
            "$set": {"utm_source": "own"},
        }
    }
    assert properties_after(event, rules="2022-12") == {
        "utm_source": '"ad"',
        "$initial_utm_source": '"ad"',
        "$initial_browser": '"Firefox"',
    }


def test_a_merge_keeps_the_targets_values_then_writes_the_events_own(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "e", "distinct_id": "old", "properties": {"$device_id": "old", "$set": {"a": 1, "b": 1, "c": 1, "d": 1}}}
        {"event": "e", "distinct_id": "ada", "properties": {"$device_id": "ada", "$set": {"b": null, "c": 2}}}
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "old", "$set": {"c": 3}, "$set_once": {"a": 9, "e": 9}, "$unset": ["d"]}}
    """)
    assert outcome.person_of("ada")["properties"] == {"a": 1, "b": None, "c": 3, "e": 9}


@pytest.mark.parametrize("larger", ["old", "ada"])
def test_whichever_side_of_a_merge_has_more_the_targets_values_win(larger: str) -> None:
    """The smaller side is moved to the larger; nobody may see which it was."""
    many = {f"{larger} {number}": number for number in range(9)}
    log: list[dict[str, Any]] = [
        {"event": "e", "distinct_id": name, "properties": {"$device_id": name, "$set": {"k": name, name: 1}}}
        for name in ("old", "ada")
    ]
    log.append({"event": "e", "distinct_id": larger, "properties": {"$set": many}})
    log.append({"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "old"}})
    outcome = resolve(log)
    assert outcome.person_of("ada")["properties"] == {"k": '"ada"', "old": 1, "ada": 1, **many}
    (merge,) = [fact for fact in outcome.journal if getattr(fact, "outcome", None) == "merged"]
    assert merge.dropped == {"k": "old"}


def test_the_journal_tells_every_change_with_what_it_replaced(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "e", "distinct_id": "ada", "properties": {"$device_id": "ada", "$set": {"plan": "free"}, "$set_once": {"source": "ad"}}}
        {"event": "e", "distinct_id": "ada", "properties": {"$set": {"plan": "free"}}}
        {"event": "e", "distinct_id": "ada", "properties": {"$set": {"plan": "pro"}, "$set_once": {"source": "x"}, "$unset": ["source"]}}
    """)
    changes = [
        (fact.seq, sorted(fact.changes)) for fact in outcome.journal if isinstance(fact, PropertiesChanged)
    ]
    assert changes == [
        (0, [("set", "plan", "free"), ("set_once", "source", "ad")]),
        (2, [("set", "plan", "pro", "free"), ("unset", "source", None, "ad")]),
    ]
