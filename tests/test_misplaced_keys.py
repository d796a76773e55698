"""A key that links, in the wrong place: it is seen while the log is read, and told with its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audit_logs import event, login, on

from identity_cli import replay
from identity_cli.audits.severity import Severity
from identity_cli.findings.finding import Finding
from identity_cli.findings.found import audited
from identity_cli.reading import misplaced_keys

KEY = "$anon_distinct_id"


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., list[Finding]]:
    def findings(*log: dict[str, Any]) -> list[Finding]:
        path = tmp_path / "log.ndjson"
        path.write_text("".join(json.dumps(line) + "\n" for line in (event("a"), *log)))
        run = replay(path, tmp_path / "run", table_formats=(), graph_formats=())
        return [one for one in audited(run) if one.code == "misplaced_key"]

    return findings


def beside(distinct_id: str, name: str, **fields: Any) -> dict[str, Any]:
    return {**event(distinct_id, name), **fields}


WRONG = {
    "beside the properties": beside("ada", "$identify", **{KEY: "a"}),
    "an alias there": beside("ada", "$create_alias", alias="a"),
    "without its sign": event("ada", "$identify", anon_distinct_id="a"),
    "in camel case": event("ada", "$identify", anonDistinctId="a"),
    "of another kind of link": event("ada", "$create_alias", **{KEY: "a"}),
    "in an event that links nothing": event("ada", "logged_in", **{KEY: "a"}),
}


@pytest.mark.parametrize("place", WRONG)
def test_a_misplaced_key_is_found(found: Callable[..., list[Finding]], place: str) -> None:
    (one,) = found(WRONG[place])
    assert (one.severity, one.unique_users, one.first.origin.line) == (Severity.ERROR, 1, 2)
    assert one.distinct_ids == ("ada", "a")


def test_a_key_in_its_place_and_names_that_only_look_so_are_none(found: Callable[..., list[Finding]]) -> None:
    assert not found(
        login("ada", "a"),
        event("ada", "$create_alias", alias="b"),
        event("ada", "$identify", alias="Countess"),
        event("ada", "signed", alias="Countess"),
        event("ada", "$identify", **{"$set": {"alias": "Countess"}}),
        event("ada", "$identify", anon_distinct_id="ada"),
        event("ada", "$identify", anon_distinct_id=None, anonDistinctId=" "),
    )


def test_what_another_event_linked_is_only_worth_knowing(found: Callable[..., list[Finding]]) -> None:
    (one,) = found(WRONG["without its sign"], login("ada", "a"))
    assert one.severity is Severity.INFO


def test_of_a_body_of_several_events_each_is_looked_at_alone(tmp_path: Path) -> None:
    batch = [login("u0", "a0"), WRONG["without its sign"], login("u1", "a1"), WRONG["beside the properties"]]
    run = replay([{"api_key": "k", "batch": batch}], tmp_path / "run", table_formats=(), graph_formats=())
    places = {str(one.first.origin) for one in audited(run) if one.code == "misplaced_key"}
    assert places == {"<events>:1#2", "<events>:1#4"}


def test_its_session_on_two_persons_has_that_cause(found: Callable[..., list[Finding]]) -> None:
    def in_session(sent: dict[str, Any]) -> dict[str, Any]:
        return {**sent, "properties": {**sent["properties"], "$session_id": "s"}}

    (one,) = found(in_session(event("a")), in_session(on("d", "ada", WRONG["without its sign"])))
    assert one.times_of == {"misplaced_key": 1, "session_on_two_persons": 1}


def test_a_log_full_of_them_is_told_of_the_first(
    found: Callable[..., list[Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(misplaced_keys, "MOST", 3)
    (one,) = found(*(event(f"u{number}", "$identify", anon_distinct_id=f"a{number}") for number in range(9)))
    assert one.times_of == {"misplaced_key": 3}
