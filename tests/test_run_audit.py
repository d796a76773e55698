"""A run as a whole: each number against a log of which it can be counted by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from identity_cli import Run
from identity_cli.reading import shared_values
from identity_cli.reports.run_audit import kind_of, run_audit


def event(who: str, name: str = "e", **properties: object) -> dict[str, Any]:
    return {"event": name, "distinct_id": who, "properties": properties}


LOG = [
    event("anon-1", "e", **{"$device_id": "d1", "$set": {"email": "Ada@x.example"}}),
    event("anon-2", "e", **{"$device_id": "d2"}),
    event("user_ada", "$identify", **{"$anon_distinct_id": "anon-1", "$device_id": "d1"}),
    event("user_ada", "$identify", **{"$anon_distinct_id": "undefined"}),
    event("user_bea", "e", **{"$set": {"email": "ada@x.example "}}),
    event("77"),
]


def test_the_numbers_of_a_run(run_of: Callable[..., Run]) -> None:
    found = run_audit(run_of(LOG))
    assert (found.persons, found.distinct_ids, found.largest) == (4, 5, 2)
    assert found.consolidation_rate == pytest.approx(1 / 5)
    assert found.percentiles == {50: 1, 75: 1, 90: 2, 99: 2}
    assert found.unique_users == {"person": 4, "email": 3, "device": 2}
    assert {(one.kind, one.ids, one.alone) for one in found.kinds} == {
        ("anon-…", 2, 1),
        ("user_…", 2, 1),
        ("number", 1, 1),
    }
    assert [tuple(one) for one in found.pairs] == [("anon-…", "user_…", 1, 0), ("other", "user_…", 1, 1)]
    assert [tuple(one) for one in found.top] == [("user_ada", 2, 1), ("anon-1", 1, 0), ("undefined", 1, 1)]


def test_what_nothing_tells_is_not_counted(
    run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_audit(run_of([event("a")])).unique_users == {"person": 1, "email": None, "device": None}
    assert run_audit(run_of(LOG, evidence=False)).unique_users["device"] is None
    monkeypatch.setattr(shared_values, "MOST_DEVICES", 1)
    assert run_of(LOG).metadata["devices"]["is_all"] is False


def test_a_run_of_nobody_has_numbers_too(run_of: Callable[..., Run]) -> None:
    found = run_audit(run_of([]))
    assert (found.persons, found.consolidation_rate, found.percentiles, found.kinds) == (0, 0.0, {}, [])


@pytest.mark.parametrize(
    ("distinct_id", "kind"),
    [
        ("ada@x.example", "e-mail"),
        ("0190b3a1-0000-7000-8000-000000000001", "UUID"),
        ("17a0c2d3e4f5-0a1b2c3d-1234-5678-17a0c2d3e4f6", "web library's"),
        ("10482", "number"),
        ("user_ana", "user_…"),
        ("$device:x", "$device:…"),
        ("undefined", "other"),
    ],
)
def test_kinds_of_ids(distinct_id: str, kind: str) -> None:
    assert kind_of(distinct_id) == kind
