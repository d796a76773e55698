"""Each audit finds what it is for in a small log, and nothing in one that only looks like it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_logs import NEAR_MISSES, RULES, TRIGGERS, Event, by, event, login, mail

from identity_cli import Run, replay
from identity_cli.audits import AUDITS
from identity_cli.findings.found import findings_of

SAMPLE = Path(__file__).parents[1] / "sample_data" / "events.ndjson"


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
    assert code in codes_in(TRIGGERS[code], RULES.get(code, "guide"))


@pytest.mark.parametrize("code", [audit.code for audit in AUDITS])
def test_an_audit_is_silent_where_it_only_looks_so(codes_in: Callable[..., set[str]], code: str) -> None:
    assert code not in codes_in(NEAR_MISSES[code], RULES.get(code, "guide"))


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


def tenant(distinct_id: str, name: str) -> Event:
    return event(distinct_id, "$set", **{"$set": {"last_tenant": name}})


def test_an_id_whose_tenants_take_turns_is_nobodys(codes_in: Callable[..., set[str]]) -> None:
    strangers = [tenant("job", name) for name in ("one", "two", "three", "one")]
    assert "generic_id" in codes_in(strangers)
    assert "generic_id" not in codes_in(strangers[:3]), "somebody who moves on, and never back"
    assert "generic_id" not in codes_in([login("job", "a"), *strangers]), "of linked ids other audits tell"
    assert "generic_id" in codes_in([mail("job", f"u{number}@x.org") for number in range(3)])
    assert "generic_id" not in codes_in([mail("ada", f"u{number}@x.org") for number in range(2)])


def test_one_event_an_id_is_worth_knowing_where_somebody_logs_in(codes_in: Callable[..., set[str]]) -> None:
    windows = [by("web", event(f"w{number}")) for number in range(5)]
    logged_in = by("web", login("ada", "a"))
    assert "never_identifies" in codes_in([*windows, logged_in])
    assert "never_identifies" not in codes_in(windows)
    assert "never_identifies" not in codes_in([*windows[:4], logged_in])


def test_who_was_known_by_no_other_login_is_no_stranger(codes_in: Callable[..., set[str]]) -> None:
    """A phone joins a laptop by an alias, which identifies the person, then the user logs in there."""
    joined = [event("phone"), event("laptop"), event("laptop", "$create_alias", alias="phone")]
    assert "silent_attach" not in codes_in([*joined, login("ada", "laptop")])
    assert "silent_attach" in codes_in([*joined, login("ada", "laptop"), login("bob", "laptop")])
    backend = [event("a"), event("ada", "$create_alias", alias="a")]
    assert "silent_attach" in codes_in([*backend, login("bob", "a")])
