"""An alias the wrong way round."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.kinds_of_ids import is_made_by_a_library
from identity_cli.audits.severity import Severity
from identity_cli.events import CREATE_ALIAS
from identity_cli.outcomes import Outcome
from identity_cli.rules import RULE_SETS
from identity_cli.rules.words import POSTHOG
from identity_cli.store.reading import evidence, sent_links
from identity_cli.store.reading.run import Run

ASKED = (Outcome.REFUSED_IDENTIFIED, Outcome.MERGED, Outcome.ATTACHED)


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Aliases that would merge a login away into an anonymous id; refused, unless it never logged in."""
    logins = evidence.login_ids(run, limit.config.login_ids)
    rules = RULE_SETS.get(run.metadata["rule_set"])
    is_posthogs = (
        rules is None or rules.words is POSTHOG
    )  # an alias of Mixpanel's has the id before as its own
    for link in sent_links.links(run, CREATE_ALIAS, ASKED):
        is_refused = link.outcome == Outcome.REFUSED_IDENTIFIED
        looks_so = is_posthogs and is_made_by_a_library(link.target) and not is_made_by_a_library(link.source)
        if (link.team_id, link.target) in logins or not (is_refused or looks_so):
            continue
        is_login = (link.team_id, link.source) in logins
        source = f"the login {link.source}" if is_login else f"{link.source}, whose person is identified,"
        ends = sent_links.ends_of(run, link)
        yield Suspicion(
            message=(
                f"the alias would merge {source} into {link.target}, which nobody logged in with"
                if is_refused
                else f"the alias merged {link.source} into {link.target}, an id that a library made up"
            ),
            distinct_ids=(link.source, link.target),
            persons=ends.persons,
            seqs=(link.seq,),
            events=ends.target_events if is_refused else 0,
            unique_users=int(is_refused),
            lib=link.lib,
            version=link.version,
            seen=1,
            severity=None if is_refused else Severity.INFO,
            confidence=None if is_refused else 0.4,
            commands=(f"idcli why {shlex.quote(link.source)} {shlex.quote(link.target)}",),
        )


AUDIT = Audit(
    code="reversed_alias",
    severity=Severity.ERROR,
    title="an alias the wrong way round",
    looks_for=(
        "A `$create_alias` that names a login id as the one to be merged away, into an id that "
        "nobody logged in with."
    ),
    evidence=(
        "The outcome is `refused_identified`, and nobody logged in with the own id; or the own id is a UUID,"
        " as libraries make them, and the alias is none."
    ),
    false_positives=(
        "Refused, hardly any. Accepted it does no harm, and libraries of servers document it so; it is only "
        "worth knowing, as the next one is refused if the id is somebody's by then."
    ),
    remedy=(
        "Swap the two: the login is the distinct_id, the anonymous id the alias. Both ids are "
        "apart for good until then."
    ),
    several="{count} aliases have their ids the wrong way round",
    threshold=1,
    source="any; libraries differ in the order of their arguments",
    find=find,
)
