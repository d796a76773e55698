"""What findings have to say at the links of a picture."""

from collections.abc import Iterable

from identity_cli.drawing.telling import suspicions
from identity_cli.findings.finding import Finding
from identity_cli.store.reading.run import Run

AT_A_LINK = frozenset(
    {"merge_dangerously", "refused_merge", "reversed_alias", "shared_device", "silent_attach"}
)
"""Codes of findings whose first and last events are links that did the damage, or were to."""


def finding_words(run: Run, findings: Iterable[Finding]) -> dict[int, str]:
    """By the seq of a link, a few words; what the journal alone says of it before all else."""
    words = {
        seq: finding.code.replace("_", " ")
        for finding in findings
        if finding.code in AT_A_LINK
        for seq in (finding.first.seq, finding.last.seq)
    }
    return {**words, **suspicions(run)}
