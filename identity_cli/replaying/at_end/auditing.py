"""Audits of a run that is about to be finished; a large one is audited by several processes, in turns."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from identity_cli.audits.audit import Audit, Suspicion
from identity_cli.audits.config import Config
from identity_cli.files.messages import MessageFile, pickled
from identity_cli.findings.found import audits_asked, suspicions
from identity_cli.findings.in_run import report_to_keep
from identity_cli.findings.log_report import LogReport
from identity_cli.store.reading.run import Run


def audit_report(folder: Path, config: Config, *, processes: int) -> LogReport:
    """What is wrong in the run in a folder that nobody else sees yet, as so many processes find it."""
    return report_to_keep(folder, config, _suspected_by(processes, folder, config) if processes > 1 else None)


def _suspected_by(processes: int, folder: Path, config: Config) -> dict[str, list[Suspicion]]:
    """What each audit suspects, by its code."""
    from identity_cli.files.processes import done_beside  # takes its time to import

    audits, found = audits_asked(config), dict[str, list[Suspicion]]()
    shares = _shares(audits)
    with ExitStack() as files:
        turns = files.enter_context(closing(_Turns(len(shares))))
        told = [files.enter_context(closing(MessageFile(folder))) for _ in range(processes - 1)]

        def audit_beside(told: MessageFile) -> None:
            told.add_message(pickled(_suspected(folder, config, shares, turns)))
            told.flush()

        with ExitStack() as beside:
            for file in told:
                beside.enter_context(done_beside(partial(audit_beside, file), "audits the run"))
            found |= _suspected(folder, config, shares, turns)
        for file in told:
            for theirs in file.values(dict):
                found |= theirs
    return {audit.code: found[audit.code] for audit in audits}


def _shares(audits: Iterable[Audit]) -> list[list[Audit]]:
    """What a process takes at a time: what adds up the same is one share, and the longest, so the first."""
    asked = [*audits]
    return [[one for one in asked if one.adds_up], *([one] for one in asked if not one.adds_up)]


def _suspected(
    folder: Path, config: Config, shares: Sequence[Sequence[Audit]], turns: "_Turns"
) -> dict[str, list[Suspicion]]:
    """By those audits whose turn comes in this process."""
    with Run(folder, is_finished=False) as run:
        return {audit.code: suspicions(run, audit, config) for turn in turns for audit in shares[turn]}


class _Turns:
    """Numbers that several processes take in turn, each of them once: bytes in a pipe."""

    def __init__(self, count: int) -> None:
        """count: up to 256."""
        self._incoming, outgoing = os.pipe()
        os.write(outgoing, bytes(range(count)))
        os.close(outgoing)

    def __iter__(self) -> Iterator[int]:
        while number := os.read(self._incoming, 1):
            yield number[0]

    def close(self) -> None:
        """Let go of the pipe."""
        os.close(self._incoming)
