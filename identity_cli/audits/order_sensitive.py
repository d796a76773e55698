"""Links whose order decides who is who."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import sent_links, traces
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Pairs of links that were tried in the other order, and came to other persons."""
    trials = traces.order_trials(run)
    links = sent_links.links_at(run, (seq for one in trials.found for seq in (one.seq, one.later_seq)))
    for one in trials.found:
        first, later = links[one.seq], links[one.later_seq]
        if one.seconds > limit.number:
            continue
        ends, others = sent_links.ends_of(run, later), sent_links.ends_of(run, first)
        is_against_time = one.seconds < 0
        yield Suspicion(
            message=(
                f"the {later.event} of {later.target} came {_after(one.seconds)} that of {first.target}:"
                f" {later.outcome}, and {one.outcomes[0]} had it come before"
            ),
            distinct_ids=(later.target, later.source, first.target, first.source),
            persons=tuple(dict.fromkeys((*others.persons, *ends.persons))),
            seqs=(one.later_seq,),
            events=ends.target_events,
            unique_users=one.persons - one.persons_swapped if is_against_time else 0,
            lib=later.lib,
            version=later.version,
            seen=one.seconds,
            cause="against their times" if is_against_time else "",
            severity=Severity.WARNING if is_against_time else None,
            evidence={
                "first": str(run.origin(one.seq)),
                "persons": one.persons,
                "persons_in_the_other_order": one.persons_swapped,
                "pairs_tried": trials.tried,
                "pairs_not_tried": trials.left_out,
            },
            commands=(f"idcli why {shlex.quote(later.source)} {shlex.quote(later.target)}",),
        )


def _after(seconds: float) -> str:
    return f"{seconds:g} s after" if seconds >= 0 else f"behind, and happened {-seconds:g} s before,"


AUDIT = Audit(
    code="order_sensitive",
    severity=Severity.INFO,
    title="an order that decides who is who",
    looks_for=(
        "Two links of one person within seconds, or against the times that they tell, which in the other"
        " order would have come to other persons."
    ),
    evidence=(
        "Both orders, resolved by the run's own rules; at most 200 pairs of a log, in components of up to 300"
        " links. A warning where the later one happened first."
    ),
    false_positives="None as to the order; what is right, it does not tell.",
    remedy=(
        "Send the second link once the first was answered; replay with `--order` to see the log in another"
        " order."
    ),
    several="{count} pairs of links came in an order that decides who is who",
    threshold=10,
    confidence=0.9,
    source="our own: two requests within ten seconds may overtake each other",
    find=find,
)
