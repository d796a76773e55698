"""How well the audits name what was planted: precision and recall, and how often date and release are right.

    python -m tests.bench.planting.score --seeds 1001 1040
    python -m tests.bench.planting.score --clean 1000000

The thresholds were set on seeds below 1000; what counts is measured on others.
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from identity_cli import replay
from identity_cli.audits.registry import AUDITS
from identity_cli.findings.finding import Finding
from identity_cli.findings.kept import findings_of
from tests.bench.generate import write
from tests.bench.planting.faults import BUGS, FAULTS
from tests.bench.planting.plant import PEOPLE_PER_MILLION, PlantedLog, Truth

AT_ONCE = 6
"""How many faults are planted in one log, beside that of a release."""


@dataclass(slots=True)
class Score:
    """What was counted over all logs.

    planted: how often each fault was. found: how often its own audit named it above info, or where it is
    harmless as no more than that. severe: how often
    any audit did, as an error. dated, released: how often the finding has its first day, its release. right,
    wrong: findings that do or do not name a fault of theirs, by audit and severity. strays: messages of
    wrong ones above info.
    """

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    severe: Counter[str] = field(default_factory=Counter)
    dated: Counter[str] = field(default_factory=Counter)
    released: Counter[str] = field(default_factory=Counter)
    right: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    strays: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def take(self, log: str, findings: Sequence[Finding], truths: Iterable[Truth]) -> None:
        """Count what was found in one log."""
        truths = [one for one in truths if one.events]
        for truth in truths:
            self._take_fault(truth, [one for one in findings if names(one, truth)])
        for finding in findings:
            is_right = any(names(finding, truth) for truth in truths)
            (self.right if is_right else self.wrong)[finding.code, str(finding.severity)] += 1
            if not is_right and finding.severity.rank < 2:
                self.strays[finding.code].append(f"{log}:{finding.first.origin.line} {finding.message}")

    def _take_fault(self, truth: Truth, named: Sequence[Finding]) -> None:
        fault = FAULTS[truth.fault]
        own = [one for one in named if fault.code in one.times_of]
        self.planted[truth.fault] += 1
        self.found[truth.fault] += (
            bool(own) and not any(one.severity.rank < 2 for one in named)
            if fault.is_harmless
            else any(one.severity.rank < 2 for one in own)
        )
        self.severe[truth.fault] += any(one.severity.rank < 1 for one in named)
        self.dated[truth.fault] += any((one.since.moment.time or "")[:10] == truth.time[:10] for one in own)
        self.released[truth.fault] += any(
            (one.since.lib, one.since.version) == (truth.lib, truth.version) for one in own
        )


def names(finding: Finding, truth: Truth) -> bool:
    """Whether a finding is about that fault: one of its audits', and one of its ids or events."""
    if FAULTS[truth.fault].codes.isdisjoint(finding.times_of):
        return False
    return finding.first.origin.line in truth.lines or not truth.distinct_ids.keys().isdisjoint(
        finding.distinct_ids
    )


def faults_for(seed: int) -> list[str]:
    """What is planted with that seed: a bug of a release, and some others."""
    chance = Random(seed)
    others = [one for one in FAULTS if one not in BUGS]
    return [BUGS[seed % len(BUGS)], *chance.sample(others, AT_ONCE)]


def scored(seeds: Iterable[int], people: int, *, is_clean: bool = False) -> Score:
    """Plant, replay and audit, once for each seed."""
    score = Score()
    for seed in seeds:
        planted = PlantedLog(seed, people, () if is_clean else faults_for(seed))
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / f"seed{seed}.ndjson"
            write(planted.lines(), log)
            run = replay(log, Path(folder) / "run", table_formats=(), graph_formats=())
            score.take(log.name, findings_of(run), planted.truths.values())
            run.close()
    return score


def table_of_faults(score: Score) -> Iterable[str]:
    """By fault, as Markdown."""
    yield "| fault | audit | planted | found | named by an error | day right | release right |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    columns = score.found, score.severe, score.dated, score.released
    for fault, planted in sorted(score.planted.items()):
        cells = (f"{column[fault] / planted:.2f}" for column in columns)
        yield f"| {fault} | {FAULTS[fault].code} | {planted} | {' | '.join(cells)} |"


def table_of_audits(score: Score) -> Iterable[str]:
    """By audit, as Markdown; a dash where nothing was found."""
    yield "| audit | errors | precision | warnings | precision | infos | recall |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for code in [audit.code for audit in AUDITS]:
        cells = []
        for severity in ("error", "warning"):
            right, wrong = score.right[code, severity], score.wrong[code, severity]
            cells += [str(right + wrong), f"{right / (right + wrong):.2f}" if right + wrong else "-"]
        infos = score.right[code, "info"] + score.wrong[code, "info"]
        own = [fault for fault in score.planted if FAULTS[fault].code == code]
        planted = sum(score.planted[fault] for fault in own)
        recall = f"{sum(score.found[fault] for fault in own) / planted:.2f}" if planted else "-"
        yield f"| {code} | {' | '.join(cells)} | {infos} | {recall} |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="Scores the audits on planted faults.")
    parser.add_argument("--seeds", type=int, nargs=2, metavar=("FIRST", "LAST"), default=(1, 10))
    parser.add_argument("--people", type=int, default=2_500, help="of each log; some eight events each")
    parser.add_argument("--clean", type=int, metavar="EVENTS", help="one clean log of about so many instead")
    asked = parser.parse_args()
    if asked.clean is not None:
        people = asked.clean * PEOPLE_PER_MILLION // 1_000_000
        score = scored([asked.seeds[0]], people, is_clean=True)
    else:
        score = scored(range(asked.seeds[0], asked.seeds[1] + 1), asked.people)
    print("\n".join([*table_of_faults(score), "", *table_of_audits(score)]))
    for code, strays in score.strays.items():
        print(f"\n{code}: {len(strays)} without a fault", *strays[:5], sep="\n  ")


if __name__ == "__main__":
    main()
