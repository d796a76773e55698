"""How the guide links ids: the log is the test, its name the rule."""

# ruff: noqa: E501 - a line of a log is one line

import json
from collections.abc import Callable

import pytest
from outcomes import Outcome, resolve

Resolved = Callable[..., Outcome]


def test_identify_of_two_unknown_ids_makes_one_identified_person(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$identify", "distinct_id": "ada", "timestamp": "2023-03-08T12:00:00Z", "properties": {"$anon_distinct_id": "anon"}}
    """)
    (person,) = outcome.persons
    assert person["distinct_ids"] == ["ada", "anon"]
    assert person["creator"] == "ada"
    assert person["is_identified"]
    assert person["created_at"] == "2023-03-08T12:00:00.000Z"
    assert outcome.link_outcomes() == ["created"]


def test_identify_after_anonymous_events_attaches_the_user_id_to_the_anonymous_person(
    resolved: Resolved,
) -> None:
    outcome = resolved("""
        {"event": "$pageview", "distinct_id": "anon", "properties": {"$set_once": {"source": "ad"}}}
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon"}}
    """)
    (person,) = outcome.persons
    assert person["distinct_ids"] == ["ada", "anon"]
    assert person["creator"] == "anon"
    assert person["is_identified"]
    assert outcome.in_the_end == ["anon", "anon"]
    assert outcome.link_outcomes() == ["attached"]


def test_a_returning_visitor_is_merged_into_the_person_of_the_user_id(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$identify", "distinct_id": "ada", "timestamp": "2023-03-08T12:00:00Z", "properties": {"$anon_distinct_id": "laptop"}}
        {"event": "$pageview", "distinct_id": "phone", "timestamp": "2023-03-01T08:00:00Z"}
        {"event": "$identify", "distinct_id": "ada", "timestamp": "2023-03-09T12:00:00Z", "properties": {"$anon_distinct_id": "phone"}}
    """)
    (person,) = outcome.persons
    assert person["distinct_ids"] == ["ada", "laptop", "phone"]
    assert person["creator"] == "ada"
    assert person["created_at"] == "2023-03-01T08:00:00.000Z", "the older of the two"
    assert outcome.at_ingestion == ["ada", "phone", "ada"]
    assert outcome.in_the_end == ["ada", "ada", "ada"]
    assert outcome.merges == [(2, "phone", "ada", "phone", "ada")]


def test_an_identified_person_is_never_merged_away_by_identify(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon"}}
        {"event": "$pageview", "distinct_id": "bob", "properties": {"$device_id": "bob"}}
        {"event": "$identify", "uuid": "e-3", "distinct_id": "bob", "properties": {"$anon_distinct_id": "anon", "$set": {"plan": "pro"}}}
    """)
    assert outcome.groups() == [["ada", "anon"], ["bob"]]
    assert outcome.link_outcomes() == ["created", "refused_identified"]
    assert outcome.warnings == [
        {
            "event": 2,
            "type": "cannot_merge_already_identified",
            "details": {
                "sourcePersonDistinctId": '"anon"',
                "targetPersonDistinctId": '"bob"',
                "eventUuid": '"e-3"',
            },
        }
    ]


def test_a_refused_event_belongs_to_its_own_id_which_becomes_identified(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon"}}
        {"event": "$pageview", "distinct_id": "bob", "properties": {"$device_id": "bob"}}
        {"event": "$identify", "distinct_id": "bob", "properties": {"$anon_distinct_id": "anon", "$set": {"plan": "pro"}}}
    """)
    assert outcome.in_the_end[2] == "bob"
    assert outcome.person_of("bob")["properties"] == {"plan": '"pro"'}
    assert outcome.person_of("bob")["is_identified"]
    assert outcome.person_of("ada")["properties"] == {}


def test_the_silent_hole_an_unknown_id_is_attached_to_an_identified_person(resolved: Resolved) -> None:
    """A shared device without reset: bob was never seen, so he becomes ada, and nothing warns."""
    outcome = resolved("""
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "tablet"}}
        {"event": "$identify", "distinct_id": "bob", "properties": {"$anon_distinct_id": "tablet"}}
    """)
    assert outcome.groups() == [["ada", "bob", "tablet"]]
    assert outcome.warnings == []
    assert outcome.link_outcomes() == ["created", "attached"]
    (link,) = [fact for fact in outcome.journal if getattr(fact, "outcome", None) == "attached"]
    assert link.source_identified, "the journal tells it as plainly as a refusal"


@pytest.mark.parametrize("event", ["$create_alias", "$identify"])
def test_alias_is_refused_like_identify(resolved: Resolved, event: str) -> None:
    key = "alias" if event == "$create_alias" else "$anon_distinct_id"
    outcome = resolved(f"""
        {{"event": "$identify", "distinct_id": "ada", "properties": {{"$anon_distinct_id": "anon-a"}}}}
        {{"event": "$identify", "distinct_id": "bob", "properties": {{"$anon_distinct_id": "anon-b"}}}}
        {{"event": "{event}", "distinct_id": "bob", "properties": {{"{key}": "ada"}}}}
    """)
    assert outcome.groups() == [["ada", "anon-a"], ["anon-b", "bob"]]
    assert outcome.warning_types() == ["cannot_merge_already_identified"]


def test_alias_makes_the_events_own_id_the_target(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$pageview", "distinct_id": "old", "properties": {"$device_id": "old", "$set": {"a": "old", "b": "old"}}}
        {"event": "$pageview", "distinct_id": "new", "properties": {"$device_id": "new", "$set": {"b": "new"}}}
        {"event": "$create_alias", "distinct_id": "new", "properties": {"alias": "old"}}
    """)
    (person,) = outcome.persons
    assert person["creator"] == "new"
    assert person["properties"] == {"a": '"old"', "b": '"new"'}


def test_merge_dangerously_merges_what_the_others_refuse(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon-a", "$set": {"who": "ada", "age": 36}}}
        {"event": "$identify", "distinct_id": "bob", "properties": {"$anon_distinct_id": "anon-b", "$set": {"who": "bob"}}}
        {"event": "$merge_dangerously", "distinct_id": "bob", "properties": {"alias": "ada"}}
    """)
    (person,) = outcome.persons
    assert person["distinct_ids"] == ["ada", "anon-a", "anon-b", "bob"]
    assert person["properties"] == {"who": '"bob"', "age": 36}
    assert outcome.warnings == []
    (merge,) = [fact for fact in outcome.journal if getattr(fact, "outcome", None) == "merged"]
    assert merge.dropped == {"who": "ada"}, "the journal keeps what the merge threw away"


def test_merge_dangerously_still_needs_legal_ids(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$merge_dangerously", "distinct_id": "bob", "properties": {"alias": "undefined"}}
    """)
    assert outcome.groups() == [["bob"]]
    assert outcome.warning_types() == ["cannot_merge_with_illegal_distinct_id"]


def test_the_id_of_a_person_comes_from_team_and_first_id() -> None:
    (person,) = resolve([{"event": "e", "distinct_id": "test"}], team_id=1).persons
    assert person["person_id"] == "246f7a43-5507-564f-b687-793ee3c2dd79"
    (person,) = resolve([{"event": "e", "distinct_id": "ünï-😀"}], team_id=2).persons
    assert person["person_id"] == "a6e42e9b-8f89-5ddc-83bf-216dc2c11068"


def test_teams_never_see_each_other(resolved: Resolved) -> None:
    outcome = resolved(
        """
        {"event": "$identify", "team_id": 1, "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon"}}
        {"event": "$identify", "team_id": 2, "distinct_id": "bob", "properties": {"$anon_distinct_id": "anon"}}
        {"event": "$pageview", "distinct_id": "anon"}
    """,
        team_id=2,
    )
    assert [(person["team_id"], person["distinct_ids"]) for person in outcome.persons] == [
        (1, ["ada", "anon"]),
        (2, ["anon", "bob"]),
    ]
    assert outcome.in_the_end == ["ada", "bob", "bob"]


# Links that are none


@pytest.mark.parametrize(
    "event",
    [
        {"event": "$identify", "properties": {}},
        {"event": "$identify", "properties": {"$anon_distinct_id": None}},
        {"event": "$identify", "properties": {"$anon_distinct_id": ""}},
        {"event": "$identify", "properties": {"alias": "anon"}},
        {"event": "$create_alias", "properties": {"alias": 0}},
        {"event": "$create_alias", "properties": {"$anon_distinct_id": "anon"}},
        {"event": "$merge_dangerously", "properties": {"alias": False}},
        {"event": "$pageview", "properties": {"$anon_distinct_id": "anon", "alias": "anon"}},
        {"event": "$identify", "$anon_distinct_id": "anon", "properties": {}},
    ],
    ids=json.dumps,
)
def test_without_another_id_there_is_no_link_and_nobody_is_identified(event: dict[str, object]) -> None:
    outcome = resolve([{**event, "distinct_id": "ada"}])
    assert outcome.groups() == [["ada"]]
    assert not outcome.persons[0]["is_identified"]
    assert outcome.links == []
    assert outcome.warnings == []


def test_linking_an_id_to_itself_does_nothing_even_if_it_is_illegal(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$identify", "distinct_id": "null", "properties": {"$anon_distinct_id": "null"}}
        {"event": "$create_alias", "distinct_id": "42", "properties": {"alias": 42}}
    """)
    assert outcome.link_outcomes() == ["same_id", "same_id"]
    assert [person["is_identified"] for person in outcome.persons] == [False, False]
    assert outcome.warnings == []


def test_linking_ids_of_one_person_again_changes_nothing(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon"}}
        {"event": "$identify", "distinct_id": "anon", "properties": {"$anon_distinct_id": "ada"}}
    """)
    assert outcome.link_outcomes() == ["created", "same_person"]
    assert outcome.groups() == [["ada", "anon"]]


# Illegal ids

ILLEGAL_IN_ANY_CASE = [
    *("anonymous", "guest", "distinctid", "distinct_id", "id", "not_authenticated", "email", "undefined"),
    *("true", "false"),
]
ILLEGAL_AS_SPELLED = ["[object Object]", "NaN", "None", "none", "null", "0"]
BLANK = ["", " ", "\t\n", "\u00a0", "\u3000", "\ufeff", "\u2028"]
LEGAL = ["Nan", "NULL", "nONE", "00", "0.0", " null ", "guest ", "'null'", '"id"', "\u0085", "\x1c", "a"]


@pytest.mark.parametrize(
    "illegal",
    [
        *ILLEGAL_IN_ANY_CASE,
        *map(str.upper, ILLEGAL_IN_ANY_CASE),
        *map(str.title, ILLEGAL_IN_ANY_CASE),
        *ILLEGAL_AS_SPELLED,
        *filter(None, BLANK),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    ("event", "key"),
    [("$identify", "$anon_distinct_id"), ("$create_alias", "alias"), ("$merge_dangerously", "alias")],
)
def test_illegal_ids_are_never_linked(event: str, key: str, illegal: str) -> None:
    as_other, as_own = (
        resolve([{"event": event, "uuid": "e", "distinct_id": own, "properties": {key: other}}])
        for own, other in (("ada", illegal), (illegal, "ada"))
    )
    assert as_other.groups() == [["ada"]]
    assert as_own.groups() == [[illegal]], "the event itself still makes a person"
    for outcome in (as_other, as_own):
        assert outcome.link_outcomes() == ["refused_illegal"]
        assert not outcome.persons[0]["is_identified"]
        assert outcome.warnings == [
            {
                "event": 0,
                "type": "cannot_merge_with_illegal_distinct_id",
                "details": {
                    "illegalDistinctId": json.dumps(illegal),
                    "otherDistinctId": '"ada"',
                    "eventUuid": '"e"',
                },
            }
        ]


@pytest.mark.parametrize("legal", LEGAL, ids=repr)
def test_what_only_looks_illegal_is_linked(legal: str) -> None:
    outcome = resolve(
        [{"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": legal}}]
    )
    assert outcome.groups() == [sorted(["ada", legal])]


def test_of_two_illegal_ids_the_events_own_is_reported_once(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$identify", "distinct_id": "Guest", "properties": {"$anon_distinct_id": "none", "$set": {"plan": "free"}}}
    """)
    (warning,) = outcome.warnings
    assert warning["details"]["illegalDistinctId"] == '"Guest"'
    assert warning["details"]["otherDistinctId"] == '"none"'
    assert outcome.person_of("Guest")["properties"] == {"plan": '"free"'}


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (42, "42"),
        (12.5, "12.5"),
        (1e-7, "1e-7"),
        (1e21, "1e+21"),
        (123456789012345680000, "123456789012345680000"),
        (["x"], "x"),
        (["a", "b"], "a,b"),
        ([["a", None], 1], "a,,1"),
    ],
    ids=repr,
)
def test_ids_become_text_the_javascript_way(other: object, text: str) -> None:
    outcome = resolve(
        [{"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": other}}]
    )
    assert outcome.groups() == [sorted(["ada", text])]


@pytest.mark.parametrize(
    ("other", "text"), [([], ""), ([None], ""), ({}, "[object Object]"), (True, "true")], ids=repr
)
def test_text_made_of_odd_values_may_be_illegal(other: object, text: str) -> None:
    outcome = resolve([{"event": "$create_alias", "distinct_id": "ada", "properties": {"alias": other}}])
    assert outcome.groups() == [["ada"]]
    assert outcome.warnings[0]["details"]["illegalDistinctId"] == json.dumps(text)


# An event's own id


def test_distinct_id_stands_at_the_top_or_in_properties(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$pageview", "properties": {"distinct_id": "inside"}}
        {"event": "$pageview", "distinct_id": "top"}
        {"event": "$pageview", "distinct_id": null, "properties": {"distinct_id": "inside"}}
        {"event": "$pageview", "distinct_id": 42}
        {"event": "$pageview", "distinct_id": 42.0, "team_id": 1}
        {"event": "$pageview", "distinct_id": true, "team_id": 1}
    """)
    assert outcome.groups() == [["42"], ["inside"], ["top"], ["true"]]
    assert outcome.in_the_end == ["inside", "top", "inside", "42", "42", "true"]


def test_events_without_a_distinct_id_belong_to_nobody(resolved: Resolved) -> None:
    outcome = resolved("""
        {"event": "$pageview"}
        {"event": "$pageview", "distinct_id": null}
        {"event": "$pageview", "distinct_id": ""}
        {"event": "$pageview", "distinct_id": " "}
    """)
    assert outcome.failed == [0, 1, 2]
    assert outcome.groups() == [[" "]]
