"""Who is internal: filters that say what to keep, lists of names, marks in a run, and --internal."""

import json
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from outcomes import wire
from patience import within

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.cli.terminal.page import Page
from identity_cli.cli.terminal.summary_json import document
from identity_cli.cli.terminal.summary_page import show
from identity_cli.dialects import posthog
from identity_cli.dialects.base import Wanted
from identity_cli.dialects.record import WireEvent
from identity_cli.errors import InternalUsersUnreadable, NoInternalUsers
from identity_cli.events import ABSENT
from identity_cli.internal_users import InternalUsers, parse, read_internal_users
from identity_cli.internal_users.operators import NotEvaluable, passes
from identity_cli.origins import Origins
from identity_cli.reading.internal_marks import InternalMarks
from identity_cli.reading.reader import Block
from identity_cli.reading.watcher import watched
from identity_cli.reports.run_summary import summary
from identity_cli.rules import POSTHOG, RULE_SETS, rule_set
from identity_cli.rules.own_id import own_id
from identity_cli.tables.run_tables import TABLES

SAMPLE = Path(__file__).parent.parent / "sample_data"
RunOf = Callable[..., Run]
Event = dict[str, Any]


def filters(*items: Any) -> InternalUsers:
    return parse(json.dumps(items), "filters.json")


def person_filter(key: str, operator: str, value: Any) -> Event:
    return {"key": key, "operator": operator, "value": value, "type": "person"}


# Operators


@pytest.mark.parametrize(
    ("operator", "value", "passing", "failing"),
    [
        ("exact", "pro", ["pro"], ["Pro", "", ABSENT, None]),
        ("exact", ["pro", "plus"], ["pro", "plus"], ["free", ABSENT]),
        ("exact", 5, [5, "5", 5.0], [6, "5.0", True]),
        ("exact", True, [True, "true"], [False, 1, "True"]),
        ("exact", [], ["anything", ABSENT], []),
        ("is_not", "pro", ["free", ABSENT, None], ["pro"]),
        ("is_not", ["a", "b"], ["c", ABSENT], ["a", "b"]),
        ("icontains", "@Corp.example", ["ann@CORP.example"], ["ann@corpXexample", ABSENT]),
        ("icontains", "a%z_", ["xxAb\nzq"], ["az", "zaq"]),
        ("icontains", r"50\%", ["50% off"], ["500 off"]),
        ("icontains", ["x", "y"], ["why", "xenon"], ["zoo"]),
        ("not_icontains", "@corp.example", ["ann@corp.test", ABSENT, None], ["ANN@CORP.EXAMPLE"]),
        ("not_icontains", ["x", "y"], ["zoo", ABSENT], ["why", "xenon"]),
        ("regex", "^local", ["localhost"], ["Localhost", "my local", ABSENT]),
        ("regex", "a.b", ["xa\nbx"], ["ab"]),
        (
            "not_regex",
            r"^(localhost|127\.0\.0\.1)($|:)",
            ["shop.example", ABSENT],
            ["localhost:3000", "127.0.0.1"],
        ),
        ("regex", r"^(?:\d{1,3}\.){3}\d+$", ["10.0.0.1"], ["10.0.0"]),
        ("regex", "(", [], ["(", ABSENT]),
        ("not_regex", "(", [], ["(", ABSENT]),
        ("not_regex", r"(?!x)", [], ["(", ABSENT]),
        ("is_set", None, ["", 0, False], [None, ABSENT]),
        ("is_not_set", None, [None, ABSENT], ["", 0, False]),
        ("gt", "5", [6, "6", 10, " 5.5 "], [5, "five", True, [6], ABSENT]),
        ("lt", 5, [4.9, "-1"], [5, "", ABSENT]),
        ("gte", 5, [5], [4]),
        ("min", 5, [5], [4]),
        ("lte", 5, [5], [6]),
        ("max", 5, [5], [6]),
        ("gt", "b", ["c", "ba"], ["b", "a", ABSENT]),
        ("between", [1, 3], [1, 2, "3"], [0, 4, "x", ABSENT]),
        ("not_between", [1, 3], [0, 4], [1, 2, "x", ABSENT]),
        ("in", ["a", "b"], ["a"], ["c", ABSENT]),
        ("not_in", ["a", "b"], ["c", ABSENT], ["a"]),
        ("is_date_before", "2023-03-01", ["2023-02-28T23:00:00Z"], ["2023-03-01", "soon", 5, ABSENT]),
        ("is_date_after", "2023-03-01", ["2023-03-01T01:00:00+00:00"], ["2023-03-01T01:00:00+02:00"]),
        ("is_date_exact", "2023-03-01", ["2023-03-01T00:00:00Z"], ["2023-03-02"]),
    ],
)
def test_operators(operator: str, value: Any, passing: list[Any], failing: list[Any]) -> None:
    test = passes(operator, value)
    assert [one for one in passing if not test(one)] == []
    assert [one for one in failing if test(one)] == []


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("semver_gt", "1.2.3"),
        ("is_date_after", "-7d"),
        ("between", [3, 1]),
        ("between", "12"),
    ],
)
def test_what_a_log_cannot_tell_is_not_evaluated(operator: str, value: Any) -> None:
    with pytest.raises(NotEvaluable):
        passes(operator, value)


# Patterns, with RE2 and without

WITHOUT_BOUND = {
    r"(a+)+$": ("xaa", "ab"),
    r"((ab)*c)*d$": ("ababcd", "dc"),
    r"(?:(a+)a)+$": ("aaaa", "b"),
    r"(a|a)*b$": ("aab", "c"),
    r"([^)]*x){20,}$": ("x" * 20, "x" * 19),
    r"(a\+)+[(*)]+$": ("a+a+*", "a*"),
    "a?" * 30 + "a" * 30: ("a" * 30, "a" * 29),
    "(a|a){9}" * 4 + "b": ("a" * 36 + "b", "a" * 36),
    "a*" * 12 + "b": ("aab", "aac"),
    ".*.*=.*@x": ("a=b@x", "a@x"),
    "(a+){5}(a+){5}(a+){5}!": ("a" * 15 + "!", "a" * 15),
    r"\s+$": ("x ", "x"),
    r"(?m)^.*y": ("xy", "x"),
    r"\pL": ("é", "1"),
    "[[:alpha:]]": ("a", "1"),
}
LONG = ["1" * 100_000 + "x", "x" + " " * 60_000 + "x", "a" * 100_000, "@." * 60_000, "=" * 60_000 + "\n"]


@pytest.fixture
def without_re2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)


@pytest.mark.parametrize("pattern", list(WITHOUT_BOUND))
def test_with_re2_every_pattern_is_matched_in_linear_time(pattern: str) -> None:
    pytest.importorskip("re2")
    match, other = WITHOUT_BOUND[pattern]
    test = passes("regex", pattern)
    assert test(match)
    assert not test(other)
    with within(10):
        for text in LONG:
            test(text)


@pytest.mark.usefixtures("without_re2")
@pytest.mark.parametrize("pattern", list(WITHOUT_BOUND))
def test_without_re2_what_has_no_bound_is_refused_with_a_sentence(pattern: str) -> None:
    with pytest.raises(NotEvaluable, match=r"pip install 'idcli\[re2\]'"):
        passes("not_regex", pattern)


BOUNDED = {
    "^local": ("localhost", "my local"),
    r"^.*@corp\.example$": ("ann@corp.example", "ann@corp-example"),
    r".+@corp\.(example|test).*": ("ann@corp.test!", "@corp.test"),
    r"^[^@]+@corp": ("ann@corp", "@corp"),
    r"^(?:\d{1,3}\.){3}\d+$": ("10.0.0.1", "10.0.0"),
    r"staging|\.internal(:\d{1,5})?$": ("x.internal:80", "internal"),
    r"^x\.*$": ("x..", "xy"),
    r"\+.*": ("+", "-"),
    "a.b": ("xa\nb", "ab"),
}


@pytest.mark.parametrize("has_re2", [True, False])
@pytest.mark.parametrize("pattern", list(BOUNDED))
def test_the_usual_patterns_are_matched_either_way(
    pattern: str, has_re2: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_re2:
        monkeypatch.setitem(sys.modules, "re2", None)
    match, other = BOUNDED[pattern]
    test = passes("regex", pattern)
    assert test(match)
    assert not test(other)
    with within(10):
        for text in LONG:
            test(text)


@pytest.mark.usefixtures("without_re2")
@pytest.mark.parametrize("pattern", ["(", r"(?!x)", r"(a)\1", "a**", "a{3,2}"])
def test_what_is_no_pattern_to_re2_matches_nothing_without_it_either(pattern: str) -> None:
    assert not passes("regex", pattern)("(xaa")
    assert not passes("not_regex", pattern)("(xaa")


PARTS = st.sampled_from(
    ["a", "b", ".", "[ab]", "a?", "b{0,2}", "(?:ab|a)", "(a|b)", "^", "$", "|", r"\.", ".*", ".+"]
)


@given(st.lists(PARTS, max_size=7).map("".join), st.text("ab.\n", max_size=12))
def test_re2_and_the_bounded_search_find_the_same(pattern: str, text: str) -> None:
    pytest.importorskip("re2")
    from identity_cli.internal_users import patterns

    try:
        own = patterns._bounded_search(pattern)
    except patterns.Unbounded:
        return
    theirs = patterns.search_for(pattern)
    if own is not None and theirs is not None and not ("$" in pattern and "\n" in text):
        assert own(text) == theirs(text)


@pytest.mark.parametrize(
    ("operator", "value"),
    [("gt", "5"), ("between", ["1", "5"]), ("icontains", "%a%a%a%a%a%a%b"), ("icontains", "%@%.%_test")],
)
def test_numbers_and_parts_are_looked_for_in_linear_time(operator: str, value: Any) -> None:
    with within(10):
        for text in LONG:
            passes(operator, value)(text)


@given(st.text("ab%_", max_size=6), st.text("ab", max_size=12))
def test_parts_are_found_as_a_regular_expression_finds_them(pattern: str, text: str) -> None:
    slow = pattern.replace("%", ".*").replace("_", ".")
    assert passes("icontains", pattern)(text) == (
        re.search(slow, text, re.DOTALL | re.IGNORECASE) is not None
    )


# Filters


def test_filters_say_whom_to_keep() -> None:
    users = filters(person_filter("email", "not_icontains", "@corp.example"))
    assert users.person_reason({"email": "ann@corp.example"}, ["ann"])
    assert not users.person_reason({"email": "ann@home.example"}, ["ann"])
    assert not users.person_reason({}, ["ann"])


def test_all_filters_must_pass() -> None:
    users = filters(person_filter("email", "is_set", ""), person_filter("role", "is_not", "developer"))
    assert users.person_reason({"role": "customer"}, [])
    assert users.person_reason({"email": "a", "role": "developer"}, [])
    assert not users.person_reason({"email": "a", "role": "customer"}, [])


def test_a_filter_without_a_type_is_on_the_event_and_without_an_operator_is_exact() -> None:
    users = filters({"key": "$host", "value": "shop.example"})
    assert users.event_property_names == ("$host",)
    assert not users.person_reason({"$host": "localhost"}, [])
    assert users.matches_event({"$host": "localhost"})
    assert users.matches_event({})
    assert not users.matches_event({"$host": "shop.example"})


def test_cohorts_are_reported_and_nobody_is_internal_by_them() -> None:
    users = filters({"key": "id", "type": "cohort", "value": 7, "operator": "not_in"})
    assert users.not_evaluable == ["filter 1: cohort id not_in 7: who is in a cohort does not stand in a log"]
    assert users.size == 0
    assert not users.person_reason({}, ["ann"])
    assert not users.matches_event({})


def test_what_is_no_filter_is_passed_over_and_told() -> None:
    users = filters("email", {"value": "x"}, {"key": 5, "type": "person"})
    assert [remark.partition(" is ")[0] for remark in users.remarks] == ["filter 1", "filter 2", "filter 3"]
    assert not users.person_reason({}, [])


def test_a_domain_cut_at_its_hyphen_is_told() -> None:
    (remark,) = filters(person_filter("email", "not_icontains", "@my")).remarks
    assert "@my is no whole domain" in remark
    assert filters(person_filter("email", "not_icontains", "@my-co.test")).remarks == []


def test_an_invalid_expression_that_lets_nobody_pass_is_told() -> None:
    (remark,) = filters(person_filter("email", "not_regex", "(")).remarks
    assert "everybody is internal" in remark


def test_a_project_as_the_platform_gives_it_is_taken_too() -> None:
    project = {"id": 1, "test_account_filters": [person_filter("email", "is_set", "")]}
    assert parse(json.dumps(project), "project.json").size == 1


@pytest.mark.parametrize("text", ["[", "{}", '{"test_account_filters": 5}', "[" * 100_000])
def test_json_that_is_no_list_of_filters_is_refused(text: str) -> None:
    with pytest.raises(InternalUsersUnreadable):
        parse(text, "filters.json")


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("missing", "binary", "."):
        with pytest.raises(InternalUsersUnreadable):
            read_internal_users(tmp_path / name)


# Names

NAMES = """
# staff
user_1   # Ann
Bob@Home.example
@my-co.test
corp.example
"""


@pytest.mark.parametrize(
    ("properties", "ids", "reason"),
    [
        ({}, ["anon", "user_1"], "id user_1"),
        ({}, ["user_10", "USER_1"], None),
        ({"email": "bob@HOME.example "}, ["x"], "email bob@home.example"),
        ({}, ["bob@home.example"], "email bob@home.example"),
        ({"email": "ann@my-co.test"}, ["x"], "domain my-co.test"),
        ({"email": "ann@my-company.test"}, ["x"], None),
        ({"email": "ann@corp.example"}, ["x"], "domain corp.example"),
        ({"email": "ann@mail.corp.example"}, ["x"], None),
        ({"email": "corp.example"}, ["x"], None),
        ({"email": 5}, ["x"], None),
    ],
)
def test_a_list_names_ids_addresses_and_domains(
    properties: Event, ids: list[str], reason: str | None
) -> None:
    users = parse(NAMES, "staff.txt")
    assert users.person_reason(properties, ids) == reason
    assert users.size == 4 + 2  # an address and a domain are also names as they stand


def test_an_empty_list_is_told() -> None:
    assert parse("# nobody\n\n", "staff.txt").remarks == ["the list names nobody"]


# Marks in a run


def event(name: str, distinct_id: str, second: Any = 0, **properties: Any) -> Event:
    now = f"2023-03-08T12:{second // 60:02}:{second % 60:02}Z"
    return {"event": name, "distinct_id": distinct_id, "now": now, "properties": properties}


@pytest.fixture
def marked(run_of: RunOf, tmp_path: Path) -> RunOf:
    """marked(log, file, **options): a run that knows internal users; file: filters, or a list as text."""

    def replay_with_internal_users(log: Any, file: Any, **options: Any) -> Run:
        path = tmp_path / "internal"
        path.write_text(file if isinstance(file, str) else json.dumps(file), encoding="utf-8")
        return run_of(log, internal_users=path, **options)

    return replay_with_internal_users


def passing_ids(users: InternalUsers, events: list[Event]) -> list[tuple[int, str]]:
    marks = InternalMarks(users, 1, partial(own_id, rules=rule_set("guide")))
    decode = posthog.lenient_decoder(Wanted(tuple(marks.needs)))
    for line in wire(events):
        decoded = cast("Sequence[WireEvent]", decode(line))
        block = Block(1, decoded, [line], Origins(), posthog.DIALECT.name)
        assert not [*watched((marks,), block)]
    return [row for found in marks.rows() if found.table == "passing_ids" for row in found.rows]


def internal_creators(run: Run) -> list[str]:
    persons = list(run.persons("created_at"))
    reasons = run.internal_reasons(person.person for person in persons)
    return sorted(person.creator_distinct_id for person in persons if person.person in reasons)


def test_persons_are_judged_by_their_last_properties(marked: RunOf) -> None:
    log = [
        event("a", "ann", **{"$set": {"email": "ann@corp.example"}}),
        event("b", "ann", **{"$set": {"email": "ann@home.example"}}),
        event("a", "bob", **{"$set": {"email": "bob@home.example"}}),
        event("b", "bob", **{"$set": {"email": "bob@corp.example"}}),
    ]
    run = marked(log, [person_filter("email", "not_icontains", "@corp.example")])
    assert internal_creators(run) == ["bob"]


def test_whoever_was_merged_into_an_internal_person_is_internal(marked: RunOf) -> None:
    log = [
        event("a", "anon", 0),
        event("a", "ann", 0),
        event("$identify", "ann", 200, **{"$anon_distinct_id": "anon"}),
        event("a", "bob", 200),
    ]
    run = marked(log, "anon\n")
    numbers = run.database.execute("SELECT person FROM internal_persons").fetchall()
    assert internal_creators(run) == ["ann"]
    assert len(numbers) == 2
    run.show_internal("only")
    assert [link.outcome for link in run.links_of(range(9))] == ["merged"]
    run.show_internal("exclude")
    assert run.links_of(range(9)) == []


HOST = {"key": "$host", "operator": "not_regex", "value": "^localhost"}


def test_a_person_is_internal_when_none_of_its_events_passes(marked: RunOf) -> None:
    log = [
        event("a", "dev", **{"$host": "localhost:3000"}),
        event("b", "dev", **{"$host": "localhost"}),
        event("a", "ann", **{"$host": "localhost"}),
        event("b", "ann", **{"$host": "shop.example"}),
        event("a", "backend"),
        event("a", "anon", **{"$host": "localhost"}),
        event("$identify", "eve", **{"$anon_distinct_id": "anon", "$host": "shop.example"}),
    ]
    run = marked(log, [HOST])
    assert internal_creators(run) == ["dev"]


def test_half_a_surrogate_pair_in_a_filter_can_be_stored(marked: RunOf) -> None:
    run = marked([event("a", "ann")], '[{"key": "plan", "value": "\\ud800", "type": "person"}]')
    assert internal_creators(run) == ["ann"]


def test_ids_of_several_teams_are_told_apart(marked: RunOf) -> None:
    log = [
        {**event("a", "x", **{"$host": "localhost"}), "team_id": 1},
        {**event("a", "x", **{"$host": "shop.example"}), "team_id": 2},
    ]
    run = marked(log, [HOST])
    persons = {person.person: person.team_id for person in run.persons()}
    assert [persons[number] for number in run.internal_reasons(persons)] == [1]


def test_properties_that_every_record_has_need_not_be_kept() -> None:
    users = filters({"key": "$lib", "operator": "is_not", "value": "tests"}, HOST)
    assert InternalMarks(users, 1, partial(own_id, rules=rule_set("guide"))).needs == ("$host",)
    log = [event("a", "ann", **{"$lib": "tests"}), event("a", "bob", **{"$lib": "web"})]
    assert passing_ids(users, log) == [(1, "bob")]


def test_an_id_with_a_nul_is_the_id_that_the_rules_make_of_it(marked: RunOf) -> None:
    for rules in RULE_SETS:
        run = marked([event("a", "an\0n", **{"$host": "shop.example"})], [HOST], rules=rules)
        assert internal_creators(run) == [], rules


def test_a_property_that_no_event_has_is_told(marked: RunOf) -> None:
    log = [event("a", "ann")]
    run = marked(log, [{"key": "$geoip_country_code", "value": "DE"}])
    assert run.internal_users is not None
    assert run.internal_users["remarks"] == ["no event of this log has the property $geoip_country_code"]


@pytest.fixture
def shop(run_of: RunOf) -> Run:
    """The sample data, with its internal users marked."""
    filters_of_the_shop = SAMPLE / "test_account_filters.json"
    return run_of(
        (SAMPLE / "events.ndjson").read_text(), with_events=True, internal_users=filters_of_the_shop
    )


@pytest.mark.parametrize("rules", [rules.name for rules in POSTHOG])
@pytest.mark.parametrize("file", ["test_account_filters.json", "internal_users.txt"])
def test_the_sample_data_has_the_internal_users_of_its_story(run_of: RunOf, rules: str, file: str) -> None:
    run = run_of((SAMPLE / "events.ndjson").read_text(), internal_users=SAMPLE / file, rules=rules)
    assert internal_creators(run) == ["anon-58ee20", "anon-6c21fd", "anon-e90c5b", "anon-f4830e"]
    assert run.internal_users is not None
    assert run.internal_users["remarks"] == []


def test_with_and_without_internal_users_make_everybody(shop: Run) -> None:
    for name in [name for name in TABLES if name != "rejected"]:
        records = {}
        for which in ("include", "exclude", "only"):
            shop.show_internal(which)
            records[which] = list(shop.records(name))
        assert sorted(records["exclude"] + records["only"], key=repr) == sorted(records["include"], key=repr)
        assert name in ("warnings", "dropped") or (records["exclude"] and records["only"]), name


def test_warnings_are_of_the_person_of_their_id(marked: RunOf) -> None:
    log = [
        event("a", "ann", **{"$process_person_profile": "yes"}),
        event("a", "bob", **{"$process_person_profile": "yes"}),
        event("a", "x" * 401),
    ]
    run = marked(log, "bob\n", rules="current")
    named = {}
    for which in ("include", "exclude", "only"):
        run.show_internal(which)
        named[which] = [warning.distinct_id[:3] for warning in run.warnings()]
    assert named == {"include": ["ann", "bob", "xxx"], "exclude": ["ann", "xxx"], "only": ["bob"]}


def test_warnings_without_a_person_are_of_their_ids_team(marked: RunOf) -> None:
    log = []
    for team in (1, 2):
        log.append({**event("a", "x", **{"$set": {"staff": team == 2}}), "team_id": team})
        refused = event("$identify", "x", **{"$anon_distinct_id": "y", "$process_person_profile": False})
        log.append({**refused, "team_id": team})
    run = marked(log, [person_filter("staff", "is_not", True)], rules="current")
    assert [record[6] for record in run.records("warnings")] == [None, None]
    run.show_internal("only")
    assert [warning.team_id for warning in run.warnings()] == [2]


def test_a_link_keeps_both_its_persons_when_one_is_internal(marked: RunOf) -> None:
    link = {"$anon_distinct_id": "ann"}
    log = [
        event("$identify", "ann", **{"$anon_distinct_id": "x"}),
        event("a", "bob"),
        event("$identify", "bob", 99, **link),
    ]
    run = marked(log, "ann\n")
    whole = list(run.records("links"))
    run.show_internal("exclude")
    (refused,) = run.records("links")
    assert refused in whole
    assert None not in refused[9:11]


# The commands


def invoke(run: Run, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(idcli, [*arguments, "--run", run.name], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def test_persons_are_listed_with_without_or_only_internal_ones(shop: Run) -> None:
    everybody = json.loads(invoke(shop, "persons", "--format", "json").stdout)
    others = json.loads(invoke(shop, "persons", "--format", "json", "--internal", "exclude").stdout)
    staff = json.loads(invoke(shop, "persons", "--format", "json", "--internal", "only").stdout)
    assert (len(everybody), len(others), len(staff)) == (49, 45, 4)
    assert {one["internal"] for one in others} == {None}
    assert [one for one in everybody if one["internal"] is not None] == staff
    assert "… and 25 more" in invoke(shop, "persons", "--internal", "exclude").stderr
    assert "4 persons" in invoke(shop, "persons", "--internal", "only").stderr


@pytest.mark.parametrize("command", ["persons", "warnings", "export links"])
def test_a_run_that_does_not_know_is_told_so(run_of: RunOf, command: str) -> None:
    run = run_of([event("a", "ann")])
    with pytest.raises(NoInternalUsers):
        run.show_internal("only")
    result = invoke(run, *command.split(), "--internal", "exclude", code=2)
    assert "--internal-users FILE" in result.output
    assert invoke(run, *command.split(), "--internal", "include").stdout


def test_exports_and_warnings_are_narrowed(shop: Run) -> None:
    def count(*arguments: str) -> list[int]:
        return [
            len(invoke(shop, *arguments, "--internal", which).stdout.splitlines())
            for which in ("include", "exclude", "only")
        ]

    assert count("export", "persons", "--format", "ndjson") == [49, 45, 4]
    assert count("export", "distinct_ids", "--format", "ndjson") == [82, 75, 7]
    assert count("export", "links", "--format", "ndjson") == [47, 44, 3]
    assert count("export", "warnings", "--format", "ndjson") == [13, 13, 0]
    assert count("export", "events", "--format", "ndjson") == [330, 304, 26]
    assert count("export", "rejected", "--format", "ndjson") == [2, 2, 2]
    assert count("warnings", "--all", "--format", "ndjson") == [13, 13, 0]


def test_the_summary_counts_unique_users_both_ways(shop: Run, capsys: pytest.CaptureFixture[str]) -> None:
    figures = summary(shop)
    told = document(figures)["internal_users"]
    assert told["persons"] == {"total": 49, "internal": 4, "without_internal": 45}
    assert told["events"] == {"total": 330, "internal": 26, "without_internal": 304}
    show(Page(), figures, "run")
    page = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in page if line.startswith("  internal")] == [["internal", "4"]]
    assert [line.split()[:3] for line in page if line.startswith("  without")] == [["without", "them", "45"]]


def test_a_narrowed_summary_is_of_whom_it_shows_but_the_books_are_whole(shop: Run) -> None:
    whole = summary(shop)
    shop.show_internal("exclude")
    others = summary(shop)
    assert (others.persons, others.distinct_ids, sum(others.outcomes.values())) == (45, 75, 44)
    assert (others.held, whole.held) == (14, 16)
    assert others.books == whole.books
    assert others.internal is not None
    assert others.internal._replace(showing="include") == whole.internal


def test_what_was_not_evaluated_is_shown(marked: RunOf, capsys: pytest.CaptureFixture[str]) -> None:
    cohort = {"key": "id", "type": "cohort", "value": 7, "operator": "not_in"}
    run = marked([event("a", "ann")], [cohort, person_filter("email", "not_icontains", "@my")])
    show(Page(), summary(run), "run")
    page = " ".join(capsys.readouterr().out.split())
    assert "who is in a cohort does not stand in a log" in page
    assert "@my is no whole domain" in page


def test_the_summary_of_a_replay_leaves_internal_users_out(tmp_path: Path) -> None:
    log, names = str(SAMPLE / "events.ndjson"), str(SAMPLE / "internal_users.txt")
    command = ["replay", log, "--run", str(tmp_path / "run"), "--format", "json", "--internal", "exclude"]
    result = CliRunner().invoke(idcli, [*command, "--internal-users", names])
    assert json.loads(result.stdout)["persons"]["total"] == 45
    result = CliRunner().invoke(idcli, [*command[:3], str(tmp_path / "other"), *command[4:]])
    assert (result.exit_code, (tmp_path / "other").exists()) == (2, False)


def test_a_person_says_that_it_is_internal_and_why(marked: RunOf) -> None:
    run = marked([event("a", "ann"), event("a", "bob")], "ann\n")
    assert "internal" in invoke(run, "person", "ann").stdout
    assert "internal" not in invoke(run, "person", "bob").stdout
    told = [json.loads(invoke(run, "person", one, "--format", "json").stdout) for one in ("ann", "bob")]
    assert [bool(one["internal"]) for one in told] == [True, False]


def test_filters_on_events_say_nothing_of_forms_without_event_properties(tmp_path: Path) -> None:
    filters = tmp_path / "filters.json"
    filters.write_text('[{"key": "$host", "operator": "exact", "value": "example.com"}]')
    inside = {"time": 1777887000, "distinct_id": "u", "mp_lib": "web", "$insert_id": "a"}
    log = tmp_path / "log.ndjson"
    log.write_text(json.dumps({"event": "view", "properties": inside}))
    run = replay(log, tmp_path / "run", internal_users=filters)
    figures = summary(run)
    assert figures.internal is not None
    assert "PostHog's forms only" in str(figures.internal)
    assert figures.internal.persons == (1, 0)
