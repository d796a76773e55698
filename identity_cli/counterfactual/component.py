"""The part of a log that a question is about, found and read.

Two events can only interact when their ids are connected by links, refused ones included; only
refusals of illegal ids connect nobody. So the events of connected ids, with the clock of all the
others, replay just as they do within the whole log.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from identity_cli.counterfactual.resolution import Scope
from identity_cli.dialects.record import event_type, properties_type
from identity_cli.events import ABSENT, IDENTIFY, Event
from identity_cli.pieces.edges import Key, connected
from identity_cli.reading.options import ReplayOptions
from identity_cli.replaying.again.indexed_log import events_naming
from identity_cli.replaying.again.log_again import NOTHING, Progress, events_of
from identity_cli.replaying.again.rerun import options_of
from identity_cli.rules.linking import source_id
from identity_cli.rules.own_id import own_id, stored_id
from identity_cli.store.reading.run import Run

LinkedIds = tuple[int, str, str]
"""Team, and two distinct ids that a link names."""


def linking_event(name: str, target: Key, source: str) -> Event:
    """An event that asks to link a source to a target."""
    record = event_type(())
    key = "anon_distinct_id" if name == IDENTIFY else "alias"
    properties = properties_type(record)(**{key: source})
    return record(event=name, distinct_id=target[1], team_id=target[0], properties=properties)


def scope_of(
    run: Run, keys: Iterable[Key], on_progress: Progress | None = None, more: Iterable[LinkedIds] = ()
) -> Scope:
    """Read the events of all ids connected with these, by links or more pairs."""
    pairs = chain(run.link_pairs(), more, _pairs_of_repeats(run, on_progress))
    options = options_of(run)
    edges = (((team, one), (team, two)) for team, one, two in pairs)
    scope = Scope(connected(keys, edges), options, run.origin)
    names = {distinct_id for _, distinct_id in scope.keys}
    rules, team_id = options.applied_rules, options.team_id
    for seq, event, counts_as, clock in events_naming(run, names, on_progress):
        given, inside = event.distinct_id, event.properties
        own = given if type(given) is str and inside.distinct_id in (None, given) else own_id(event, rules)
        if own is not None and "\0" in own:
            own = stored_id(event, rules)
        links = inside.alias is not None or inside.anon_distinct_id is not ABSENT or event.links
        if counts_as and (own in names or (links and _names_other(event, names, rules))):
            team = team_id if event.team_id is None else event.team_id
            if (team, own) in scope.keys or links:
                scope.steps.append((seq, event, clock))
                if counts_as != seq:
                    scope.first_of[seq] = counts_as
    return scope


def _pairs_of_repeats(run: Run, on_progress: Progress | None) -> Iterator[LinkedIds]:
    """What skipped events would link, had those that they repeat been left out."""
    if not (run.metadata["deduped"] and run.metadata["repeats"]):
        return
    options = options_of(run)
    for seq, event, counts_as in events_of(run, on_progress):
        if counts_as not in (seq, NOTHING):
            for one in (*event.links, event):
                other = source_id(one, options.applied_rules)
                if other is not None:
                    team_id, own = key_in(one, options)
                    yield team_id, other, own


def key_of(event: Event, run: Run) -> Key:
    """The event's own distinct id in its team."""
    return key_in(event, options_of(run))


def key_in(event: Event, options: ReplayOptions) -> Key:
    """The same, as replayed with these options."""
    team_id = options.team_id if event.team_id is None else event.team_id
    return team_id, stored_id(event, options.applied_rules) or ""


def _names_other(event: Event, names: set[str], rules: Any) -> bool:
    if any(_names_other(link, names, rules) for link in event.links):
        return True
    text = source_id(event, rules)
    return text is not None and (text in names or text.replace("\0", "\ufffd") in names)
