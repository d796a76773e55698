"""Rules chosen by the dates of a log, and what is said of a log of another time."""

import json
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.reports.run_summary import summary
from identity_cli.rules import POSTHOG, POSTHOG_CODE
from identity_cli.rules.dating import called_for, nearest, stands_for_all

SPRING_THEN_AUTUMN = [
    {
        "event": "signed up",
        "distinct_id": "rn-8801",
        "team_id": 1,
        "timestamp": f"2024-12-20T10:0{minute}:00Z",
        "properties": {"$set": {"utm_source": season}},
    }
    for minute, season in enumerate(["spring", "autumn"])
]


def at(day: str, time: str = "now") -> dict[str, Any]:
    return {"event": "e", "distinct_id": "ada", "team_id": 1, time: f"{day}T10:00:00Z"}


def properties(run: Run) -> dict[str, Any]:
    (row,) = run.database.execute("SELECT properties FROM persons").fetchall()
    found: dict[str, Any] = json.loads(row[0])
    return found


@pytest.mark.parametrize(
    ("rules", "season"),
    [
        *(("auto", "spring"), ("2024-10", "spring"), ("guide", "autumn"), ("2023-09", "autumn")),
        ("current", "autumn"),
    ],
)
def test_a_campaign_kept_in_december_2024(rules: str, season: str, tmp_path: Path) -> None:
    """That a noisy property alone is not stored was a rule of that time, utm_source being one."""
    assert properties(replay(SPRING_THEN_AUTUMN, tmp_path / "run", rules=rules)) == {"utm_source": season}


@pytest.mark.parametrize(
    ("day", "name"),
    [
        *(("2021-01-01", "2022-12"), ("2022-12-08", "2022-12"), ("2023-03-07", "2022-12")),
        *(("2023-03-08", "2023-09"), ("2024-06-11", "2023-09"), ("2024-06-12", "2024-10")),
        *(("2025-08-31", "2024-10"), ("2025-10-15", "2025-10"), ("2026-01-01", "current")),
        ("2031-01-01", POSTHOG_CODE[-1].name),
    ],
)
def test_the_rules_of_a_day(day: str, name: str, tmp_path: Path) -> None:
    assert nearest(date.fromisoformat(day)).name == name
    assert replay([at(day)], tmp_path / "run", rules="auto").metadata["rule_set"] == name


def test_the_periods_of_code_follow_one_another_and_hold_their_own_date() -> None:
    for rules in POSTHOG:
        assert rules.period is not None
        assert stands_for_all(rules, rules.date, rules.date)
    code = [rules.period for rules in POSTHOG_CODE if rules.period]
    assert all((later[0] - earlier[1]).days == 1 for earlier, later in pairwise(code))


def test_one_wrong_clock_decides_nothing(tmp_path: Path) -> None:
    log = [at("1999-01-01"), *(at(f"2024-12-0{day}") for day in range(1, 6)), at("2038-01-19")]
    run = replay(log, tmp_path / "run", rules="auto")
    assert run.metadata["rule_set"] == "2024-10"
    assert run.metadata["rules_by_dates"]


def test_a_log_without_dates_is_replayed_under_the_default(tmp_path: Path) -> None:
    run = replay([{"event": "e", "distinct_id": "ada"}], tmp_path / "run", rules="auto")
    assert run.metadata["rule_set"] == "guide"
    assert not run.metadata["rules_by_dates"]
    assert summary(run).days is None


@pytest.mark.parametrize("first", ["mixpanel", "posthog"])
def test_dates_choose_for_files_of_vendors_whose_rules_differ(first: str, tmp_path: Path) -> None:
    """Whichever comes first: none of the vendors' own rules could stand for all."""
    of_mixpanel = {"$user_id": "u", "$device_id": "d", "mp_lib": "web", "time": 1_733_000_000}
    lines = {"mixpanel": {"event": "e", "properties": of_mixpanel}, "posthog": at("2024-12-01")}
    for vendor, line in lines.items():
        (tmp_path / vendor).write_text(json.dumps(line) + "\n")
    files = sorted((tmp_path / vendor for vendor in lines), key=lambda path: path.name != first)
    assert replay(files, tmp_path / "run", rules="auto").metadata["rule_set"] == "2024-10"
    assert replay(files, tmp_path / "run").metadata["rule_set"] == "guide"


def test_a_vendor_with_rules_of_its_own_keeps_them(tmp_path: Path) -> None:
    log = [{"event": "e", "properties": {"distinct_id": "ada", "time": 1735000000, "$insert_id": "a"}}]
    assert replay(log, tmp_path / "run", rules="auto").metadata["rule_set"].startswith("mixpanel")


@pytest.mark.parametrize(
    ("days", "rules", "line"),
    [
        (["2023-03-20"], "guide", None),
        (["2024-12-20"], "guide", "Log of 2024-12-20, not of guide's time: --rules 2024-10 fits."),
        (["2024-12-20"], "2024-10", None),
        (["2024-12-20"], "auto", None),
        (["2024-12-20"], "mixpanel-original", None),
        (
            ["2021-11-13"],
            "2022-12",
            "Log of 2021-11-13: it begins before 2022-12's time, and no rules here are older.",
        ),
        (["2021-11-13"], "guide", "Log of 2021-11-13, not of guide's time: --rules 2022-12 is nearest."),
        (
            ["2024-12-20", "2022-11-01"],
            "2024-10",
            "Log of 2022-11-01 to 2024-12-20: no rules fit all of it, 2022-12, 2023-09, 2024-10 each a part.",
        ),
    ],
)
@pytest.mark.parametrize("time", ["now", "timestamp"])
def test_the_summary_says_that_a_log_is_of_another_time(
    days: list[str], rules: str, line: str | None, time: str, tmp_path: Path
) -> None:
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(at(day, time)) + "\n" for day in days), encoding="utf-8")
    asked = ["replay", str(log), "--run", str(tmp_path / "run"), "--rules", rules]
    told = " ".join(CliRunner().invoke(idcli, asked).stdout.split())
    assert (line in told) if line else ("Log of" not in told)
    assert ("2024-10 (by the dates at its beginning)" in told) == (rules == "auto")


def test_the_summary_says_that_a_log_has_no_dates(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_text('{"event": "e", "distinct_id": "ada"}\n', encoding="utf-8")
    asked = ["replay", str(log), "--run", str(tmp_path / "run"), "--rules", "auto"]
    told = CliRunner().invoke(idcli, asked).stdout
    assert "No event tells its date, so which --rules fit is not known." in told


def test_the_days_of_a_log_call_for_every_rule_set_between() -> None:
    names = [rules.name for rules in called_for(date(2022, 12, 1), date(2026, 7, 1))]
    assert names == ["2022-12", "2023-09", "2024-10", "2025-10", "current"]
