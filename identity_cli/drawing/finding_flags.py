"""What findings have to say at the links of a picture."""

from collections.abc import Iterable

from identity_cli.drawing.telling import suspicions
from identity_cli.events import Origin
from identity_cli.findings.finding import Finding
from identity_cli.store.reading.kept_findings import kept_findings
from identity_cli.store.reading.run import Run

AT_A_LINK = frozenset(
    {"merge_dangerously", "refused_merge", "reversed_alias", "shared_device", "silent_attach"}
)
"""Codes of findings whose first and last events are links that did the damage, or were to."""


def finding_words(run: Run, findings: Iterable[Finding]) -> dict[int, str]:
    """By the seq of a link, a few words of the worst finding; what the journal alone says before all else.

    findings: the worst first.
    """
    words: dict[int, str] = {}
    for finding in findings:
        for seq in (finding.first.seq, finding.last.seq) if finding.code in AT_A_LINK else ():
            words.setdefault(seq, _words(finding.code))
    return {**words, **suspicions(run)}


def kept_words(run: Run, persons: Iterable[int]) -> dict[int, str]:
    """The same of the findings that the run keeps about these persons."""
    words: dict[int, str] = {}
    for record in (one for person in persons for one in kept_findings(run, person)):
        for place in (record["first"], record["last"]) if record["code"] in AT_A_LINK else ():
            for seq in run.origins.seqs_at(str(Origin(place["file"], place["line"], place["nth"])))[:1]:
                words.setdefault(seq, _words(record["code"]))
    return {**words, **suspicions(run)}


def _words(code: str) -> str:
    return code.replace("_", " ")
