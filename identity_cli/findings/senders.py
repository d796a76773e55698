"""Which library sent what an audit suspects, where the audit did not tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from identity_cli.audits.audit import Suspicion
from identity_cli.store.reading import evidence
from identity_cli.store.reading.activity import IdOfTeam, first_senders
from identity_cli.store.reading.run import Run

Sender = tuple[str | None, str | None]
"""A library and its version."""


def with_senders(run: Run, suspected: Mapping[str, Sequence[Suspicion]]) -> dict[str, list[Suspicion]]:
    """The same, by the codes of audits, each with a sender as far as the run tells.

    That of its first event, if the journal has it; else who sent the first events of its first id.
    """
    nobodys = [one for one in chain(*suspected.values()) if _is_nobodys(one)]
    of_events = evidence.senders_of(run, [one.seqs[0] for one in nobodys])
    of_ids = _of_ids(run, [one for one in nobodys if one.seqs[0] not in of_events])

    def with_sender(one: Suspicion) -> Suspicion:
        if not _is_nobodys(one):
            return one
        sender = of_events.get(one.seqs[0]) or (of_ids.get(one.distinct_ids[0]) if one.distinct_ids else None)
        return one if sender is None else replace(one, lib=sender[0], version=sender[1])

    return {code: [*map(with_sender, its)] for code, its in suspected.items()}


def _is_nobodys(suspicion: Suspicion) -> bool:
    return suspicion.lib is None and suspicion.version is None


def _of_ids(run: Run, suspected: Iterable[Suspicion]) -> dict[str, Sender | None]:
    """Of the first ids of these; where several teams have an id, the last of them tells."""
    names = {name for one in suspected for name in one.distinct_ids[:1]}
    known: list[IdOfTeam] = [
        (one.team_id, one.distinct_id) for name in names for one in evidence.named(run, name)
    ]
    senders = first_senders(run, known)
    return {key[1]: senders.get(key) for key in known}
