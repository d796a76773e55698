"""A run tells what its replay found as it was kept: the same as auditing it again."""

import json
from pathlib import Path
from random import Random

import pytest
from nasty_logs import nasty_log

from identity_cli import Run, replay
from identity_cli.audits.config import Config
from identity_cli.findings import found
from identity_cli.findings.found import audited
from identity_cli.findings.kept import findings_of

SAMPLE = Path(__file__).parents[1] / "sample_data" / "events.ndjson"


@pytest.fixture(params=["the sample", 0, 1, 2])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    log = SAMPLE if request.param == "the sample" else nasty_log(Random(request.param), 400)
    return replay(log, tmp_path / "run", graph_formats=())


def test_what_was_kept_is_what_audits_find(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    again = audited(run)
    monkeypatch.setattr(found, "AUDITS", ())
    kept = findings_of(run)
    assert [one.record for one in kept] == [json.loads(json.dumps(one.record)) for one in again]
    moments = [[(one.first, one.last, one.since.moment) for one in them] for them in (kept, again)]
    assert moments[0] == moments[1]
    persons = [
        [{code: {*its} for code, its in one.persons.items()} for one in them] for them in (kept, again)
    ]
    assert persons[0] == persons[1]


def test_other_settings_are_looked_for_anew(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "AUDITS", ())
    assert findings_of(run, Config(thresholds={"hot_id": 1})) == []
