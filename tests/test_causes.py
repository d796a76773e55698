"""What has one cause is one finding, and nothing of it is lost or counted twice."""

from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from audit_logs import TRIGGERS, at, by, event, in_session, login, on

from identity_cli import replay
from identity_cli.audits.registry import AUDITS
from identity_cli.audits.severity import Severity
from identity_cli.findings.causes import EXPLAINS
from identity_cli.findings.finding import Finding
from identity_cli.findings.found import audited
from identity_cli.findings.gate import condition_of
from identity_cli.reports.person_report import person
from identity_cli.store.reading.kept_findings import codes_found, persons_found

SENTINEL = "$posthog_cookieless"


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., dict[str, Finding]]:
    """The findings of a log, by code: there is one of each."""

    def findings(log: list[dict[str, object]]) -> dict[str, Finding]:
        run = replay(log, tmp_path / "run", table_formats=(), graph_formats=())
        found = audited(run)
        assert len({one.code for one in found}) == len(found)
        return {one.code: one for one in found}

    return findings


def test_no_audit_explains_what_explains_it() -> None:
    codes = {audit.code for audit in AUDITS}
    assert {one.cause for one in EXPLAINS} | {code for one in EXPLAINS for code in one.effects} <= codes
    graph = {code: {one.cause for one in EXPLAINS if code in one.effects} for code in codes}
    TopologicalSorter(graph).prepare()


def test_everybody_behind_the_cookieless_id_is_one_finding(told: Callable[..., dict[str, Finding]]) -> None:
    found = told([login(name, SENTINEL) for name in ("ada", "bob", "cem")])
    assert found["cookieless_sentinel"].times_of == {
        **{"cookieless_sentinel": 3, "silent_attach": 2, "several_login_ids": 1}
    }
    assert found["cookieless_sentinel"].unique_users == -2
    assert "silent_attach" not in found


def test_an_id_of_many_explains_who_was_linked_with_it(told: Callable[..., dict[str, Finding]]) -> None:
    visits = [on(f"d{number}", "visitor", event("visitor")) for number in range(7)]
    logins = [on(f"d{number}", f"u{number}", login(f"u{number}", "visitor")) for number in range(7)]
    found = told([*visits, *logins])
    assert {*found} == {"generic_id"}
    assert found["generic_id"].severity is Severity.ERROR, "as bad as what it does"
    assert found["generic_id"].times_of["silent_attach"] == 6
    assert found["generic_id"].unique_users == -6


def test_a_placeholder_explains_why_it_looks_generic(told: Callable[..., dict[str, Finding]]) -> None:
    found = told([on(f"d{number}", "guest", event("guest")) for number in range(6)])
    assert found["placeholder_person"].times_of == {"placeholder_person": 1, "generic_id": 1}


def test_two_spellings_on_one_device_are_one_human_and_no_missing_reset(
    told: Callable[..., dict[str, Finding]],
) -> None:
    own = on("d", "ada@x.org", login("ada@x.org", "a"))
    found = told([own, on("d", "Ada@x.org", event("Ada@x.org"))])
    assert found["id_variants"].times_of == {"id_variants": 1, "missing_reset": 1}
    assert found["id_variants"].unique_users == 1


def test_what_has_another_cause_stays_a_finding(told: Callable[..., dict[str, Finding]]) -> None:
    tablet = [event("a"), login("ada", "a"), login("bob", "a")]
    script = [login("cem", "c"), login("dora", "d"), event("cem", "$merge_dangerously", alias="dora")]
    found = told([*tablet, *script])
    assert found["missing_reset"].times_of["several_login_ids"] == 1
    assert found["merge_dangerously"].times_of["several_login_ids"] == 1
    both = told([*tablet, *script, event("cem", "$merge_dangerously", alias="ada")])
    assert both["several_login_ids"].unique_users == -3, "no cause alone made that person"


def test_a_code_that_is_told_with_its_cause_is_found_by_gate_and_lists(tmp_path: Path) -> None:
    with replay(TRIGGERS["silent_attach"], tmp_path / "run", table_formats=(), graph_formats=()) as run:
        assert "silent_attach" in codes_found(run)
        assert len(persons_found(run, ["silent_attach"])) == 1
        assert condition_of("silent_attach").is_met_by(audited(run))
        assert not condition_of("silent_attach>1").is_met_by(audited(run))


def test_a_person_is_told_only_of_what_other_audits_saw_of_it(tmp_path: Path) -> None:
    log = [login("ada", "a"), login("bob", "a"), event("dora"), login("cem", "c"), login("dora", "c")]
    with replay(log, tmp_path / "run", table_formats=(), graph_formats=()) as run:
        (of_ada,), (of_cem,) = person(run, "ada").findings, person(run, "cem").findings
    assert of_ada["code"] == of_cem["code"] == "missing_reset"
    assert {one["code"] for one in of_ada["evidence"]["also"]} == {"silent_attach", "several_login_ids"}
    assert {one["code"] for one in of_cem["evidence"]["also"]} == {"refused_merge"}


def test_a_link_that_was_overtaken_explains_its_refusal(told: Callable[..., dict[str, Finding]]) -> None:
    """It happened four seconds before the login, and arrived behind it."""
    entry = at(0, event("crm-1"))
    first = {**at(2, login("ada", "a")), "timestamp": "2026-05-04T09:02:04Z"}
    found = told([entry, first, at(2, event("crm-1", "$create_alias", alias="a"))])
    assert found["order_sensitive"].times_of == {
        "order_sensitive": 1,
        "refused_merge": 1,
        "reversed_alias": 1,
    }
    assert found["order_sensitive"].severity is Severity.WARNING, "and no alias is the wrong way round"
    assert found["order_sensitive"].unique_users == 1


def test_a_release_with_a_fresh_id_per_load_explains_its_sessions(
    told: Callable[..., dict[str, Finding]],
) -> None:
    loads = [by("web", in_session(event(f"a{number}"), f"s{number // 2}")) for number in range(60)]
    found = told(loads)
    assert found["id_per_load"].times_of == {"id_per_load": 1, "session_on_two_persons": 30}
