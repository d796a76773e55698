"""What findings have to say at the links of a picture."""

from collections.abc import Iterable, Mapping
from typing import Any

from identity_cli.drawing.telling import suspicions
from identity_cli.findings.finding import Finding
from identity_cli.origins import Origin
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
    return _words(run, (one.record for one in findings))


def kept_words(run: Run, persons: Iterable[int]) -> dict[int, str]:
    """The same of the findings that the run keeps about these persons."""
    return _words(run, (one for person in persons for one in kept_findings(run, person)))


def _words(run: Run, records: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    words: dict[int, str] = {}
    for seen in (one for record in records for one in (record, *record["evidence"].get("also", ()))):
        for place in (seen["first"], seen["last"]) if seen["code"] in AT_A_LINK else ():
            for seq in run.origins.seqs_at(str(Origin(place["file"], place["line"], place["nth"])))[:1]:
                words.setdefault(seq, seen["code"].replace("_", " "))
    return {**words, **suspicions(run)}
