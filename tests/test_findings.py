"""Each audit finds what it is for in a small log, and nothing in one that only looks like it."""

import json
from collections.abc import Callable
from pathlib import Path

import audit_logs
import pytest
from audit_logs import Event, at, event, login, on

from identity_cli import Run, replay
from identity_cli.audits import AUDITS
from identity_cli.findings.found import findings_of

SAMPLE = Path(__file__).parents[1] / "sample_data" / "events.ndjson"
TWO_ACCOUNTS = [login("ada", "a"), login("bob", "b"), event("ada", "$merge_dangerously", alias="bob")]
TRIGGERS: dict[str, list[Event]] = {
    "silent_attach": [event("a"), login("ada", "a"), login("bob", "a")],
    "several_login_ids": TWO_ACCOUNTS,
    "refused_merge": [login("ada", "a"), event("bob"), login("bob", "a")],
    "shared_device": [event("a"), on("d", "ada", login("ada", "a")), on("d", "bob", login("bob", "a"))],
    "missing_reset": [event("a"), login("ada", "a"), login("bob", "a")],
    "contaminated_window": [
        *(at(0, event("a")), at(0, login("ada", "a")), at(0, event("bob"))),
        *(at(40, event("ada")), at(41, event("a")), at(42, login("bob", "a"))),
    ],
    "generic_id": [on(f"d{number}", "acme", event("acme")) for number in range(6)],
    "placeholder_person": [event("undefined"), event("undefined")],
    "mega_person": [login("ada", f"a{number}") for number in range(51)],
    "merge_dangerously": TWO_ACCOUNTS,
    "reversed_alias": [login("ada", "a"), event("visitor"), event("visitor", "$create_alias", alias="ada")],
    "duplicate_person": [
        event("ada", "$set", **{"$set": {"email": "ada@example.org"}}),
        event("10482", "$set", **{"$set": {"email": " ADA@example.org"}}),
    ],
}
NEAR_MISSES: dict[str, list[Event]] = {
    "silent_attach": [event("a"), login("ada", "a"), login("ada", "b")],
    "several_login_ids": [login("ada", "a"), login("ada", "b"), login("bob", "c")],
    "refused_merge": [login("ada", "a"), event("b"), login("ada", "b")],
    "shared_device": [event("a"), on("d", "ada", login("ada", "a")), on("d", "x", event("x"))],
    "missing_reset": [event("a"), login("ada", "a"), login("ada", "a"), event("b"), login("bob", "b")],
    "contaminated_window": [
        *(at(0, event("a")), at(0, login("ada", "a")), at(0, event("bob")), at(1, event("ada"))),
        at(42, login("bob", "a")),
    ],
    "generic_id": [on(f"d{number}", "acme", event("acme")) for number in range(5)],
    "placeholder_person": [event("undefined-7"), event("nullable")],
    "mega_person": [login("ada", f"a{number}") for number in range(49)],
    "merge_dangerously": [event("ada", "$merge_dangerously", alias="ada")],
    "reversed_alias": [login("ada", "a"), event("ada", "$create_alias", alias="crm-1")],
    "duplicate_person": [
        event("ada", "$set", **{"$set": {"email": "ada@example.org"}}),
        event("bob", "$set", **{"$set": {"email": "bob@example.org"}}),
        event("cem", "$set", **{"$set": {"email": ""}}),
        event("doro", "$set", **{"$set": {"email": ""}}),
    ],
}
TRIGGERS |= audit_logs.TRIGGERS
NEAR_MISSES |= audit_logs.NEAR_MISSES


@pytest.fixture
def codes_in(tmp_path: Path) -> Callable[..., set[str]]:
    def codes(log: list[Event], rules: str = "guide") -> set[str]:
        path = tmp_path / "log.ndjson"
        path.write_text("".join(json.dumps(line) + "\n" for line in log))
        run = replay(path, tmp_path / "run", rules=rules, table_formats=(), graph_formats=())
        return {finding.code for finding in findings_of(run)}

    return codes


@pytest.mark.parametrize("code", [audit.code for audit in AUDITS])
def test_an_audit_finds_what_it_is_for(codes_in: Callable[..., set[str]], code: str) -> None:
    assert code in codes_in(TRIGGERS[code], audit_logs.RULES.get(code, "guide"))


@pytest.mark.parametrize("code", [audit.code for audit in AUDITS])
def test_an_audit_is_silent_where_it_only_looks_so(codes_in: Callable[..., set[str]], code: str) -> None:
    assert code not in codes_in(NEAR_MISSES[code], audit_logs.RULES.get(code, "guide"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return replay(SAMPLE, tmp_path_factory.mktemp("sample") / "run", table_formats=(), graph_formats=())


@pytest.mark.parametrize(
    ("code", "named", "line"),
    [
        ("silent_attach", "user_ivo", 245),
        ("merge_dangerously", "user_nils", 268),
        ("reversed_alias", "user_lina", 252),
        ("duplicate_person", "10482", 237),
        ("placeholder_person", "guest", 39),
        ("placeholder_person", "undefined", 192),
        ("refused_merge", "user_gesa", 177),
        ("missing_reset", "user_ivo", 177),
        ("contaminated_window", "user_gesa", 175),
        ("contaminated_window", "user_noel", 175),
    ],
)
def test_the_stories_of_the_sample_are_found(sample: Run, code: str, named: str, line: int) -> None:
    found = [one for one in findings_of(sample) if one.code == code and named in one.distinct_ids]
    assert [one.first.origin.line for one in found] == [line]


def test_findings_have_the_same_fingerprints_wherever_the_run_is(sample: Run, tmp_path: Path) -> None:
    again = replay(SAMPLE, tmp_path / "again", table_formats=(), graph_formats=())
    assert [one.record for one in findings_of(sample)] == [one.record for one in findings_of(again)]
    prints = [one.fingerprint for one in findings_of(sample)]
    assert len(set(prints)) == len(prints)
