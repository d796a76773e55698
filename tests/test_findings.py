"""Each audit finds what it is for in a small log, and nothing in one that only looks like it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_logs import NEAR_MISSES, RULES, TRIGGERS, Event

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
