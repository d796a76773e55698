"""Whether findings are to stop a build: those of a severity or a code, perhaps only what is new."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from identity_cli.audits.severity import Severity
from identity_cli.errors import BadBaseline, BadOption, UnknownChoice
from identity_cli.findings.finding import Finding

GROWN = 1.5
"""Times its rate in the baseline: less is the difference of one day's log from another's."""
LEAST_CHANGE = 3.0
"""In standard deviations of a count of that size: what chance does, it does not."""


class Condition(NamedTuple):
    """Findings at least so bad, or of a code; most: how many of them may be.

    Of a code also what is told with a finding of another, that of its cause.
    """

    severity: Severity | None
    code: str | None
    most: int

    def is_met_by(self, findings: Iterable[Finding]) -> bool:
        """Whether there are more than may be; of a code its places count, not its findings."""
        if self.severity is not None:
            return sum(one.severity.rank <= self.severity.rank for one in findings) > self.most
        return sum(one.times_of.get(self.code or "", 0) for one in findings) > self.most


def condition_of(text: str) -> Condition:
    """A condition as it is written: error, or silent_attach, or mega_person>3.

    UnknownChoice for what is none, BadOption for a number that is none.
    """
    from identity_cli.audits.registry import AUDITS  # only who has a gate asks for their names

    name, _, number = text.partition(">")
    name, number = name.strip(), number.strip()
    names = [*map(str, Severity), *(audit.code for audit in AUDITS)]
    if name in names and ">" in text and not re.fullmatch(r"\d{1,12}", number):
        raise BadOption(f"the number of {name}", number, f"a whole number, as in '{name}>3'")
    if name not in names:
        raise UnknownChoice("condition", text, [f"{one}[>N]" for one in names])
    severity = Severity(name) if name in list(Severity) else None
    return Condition(severity, None if severity else name, int(number or 0))


class Baseline(NamedTuple):
    """What was found before: fingerprints, and how often each code was; events: of the log, if known."""

    fingerprints: frozenset[str]
    times: Counter[str]
    events: int | None


def baseline_of(findings: Iterable[Finding], events: int) -> Baseline:
    """Of another run."""
    found = [*findings]
    times: Counter[str] = Counter()
    for one in found:
        times[one.code] += one.times_of[one.code]
    return Baseline(frozenset(one.fingerprint for one in found), times, events)


def read_baseline(path: str) -> Baseline:
    """Of a file: findings.ndjson, or what `idcli warnings --format json` printed. BadBaseline for another."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        told, events = _told(text)
        times: Counter[str] = Counter()
        for one in told:
            times[str(one["code"])] += int(one["evidence"].get("times", 1))
        return Baseline(frozenset(str(one["fingerprint"]) for one in told), times, events)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadBaseline(path) from None


def _told(text: str) -> tuple[list[dict[str, Any]], int | None]:
    try:
        document = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()], None
    if "findings" in document:
        return document["findings"], document["log"]["events"]
    return [document], None


def new_since(findings: Sequence[Finding], baseline: Baseline, events: int) -> list[Finding]:
    """The findings that are new: of another fingerprint, and more than their code had before.

    A log of another day has other ids and so other fingerprints; what it has as often for its size as the
    one before is nothing new. events: of this log.
    """
    share = events / baseline.events if baseline.events else 1.0
    times: Counter[str] = Counter()
    for one in findings:
        times[one.code] += one.times_of[one.code]
    grown = {code for code, now in times.items() if _has_grown(now, baseline.times[code] * share)}
    return [one for one in findings if one.fingerprint not in baseline.fingerprints and one.code in grown]


def _has_grown(now: int, expected: float) -> bool:
    return expected == 0 or (now > GROWN * expected and now - expected > LEAST_CHANGE * expected**0.5)
