"""`idcli why`: the proof that two ids are one person, or what keeps them apart."""

from typing import TYPE_CHECKING

import click

from identity_cli.cli.terminal.command import Replaying
from identity_cli.cli.terminal.completed import ID
from identity_cli.cli.terminal.options import format_option, team_option
from identity_cli.cli.terminal.page import Page
from identity_cli.cli.terminal.render import reading_progress, write_document
from identity_cli.cli.terminal.run_arguments import with_ids, with_log, with_run
from identity_cli.cli.terminal.text import plural
from identity_cli.counterfactual.identified import why_identified
from identity_cli.counterfactual.mentions import Shared
from identity_cli.counterfactual.remedies import Instead
from identity_cli.counterfactual.why_together import ProvenLink, Side, Why, why
from identity_cli.outcomes import Outcome
from identity_cli.store.reading.rows import LinkRow
from identity_cli.store.reading.run import Run

if TYPE_CHECKING:
    from identity_cli.answers import common, of_counterfactuals

FORMAT = 1
IDS_SHOWN = 4
STEPS_SHOWN = 5  # at either end of a long way
SENTENCES_SHOWN = 6


@click.command("why", cls=Replaying, epilog="Example: idcli why user_petra user_nils")
@click.argument("one", metavar="A", type=ID)
@click.argument("two", metavar="[B]", type=ID, required=False)
@team_option("The team of the ids.")
@format_option("table", "json")
@with_run
@with_log
@with_ids("one", "two")
def command(run: Run, one: str, two: str | None, team_id: int | None, output: str) -> None:
    """Prove why two ids are one person, or are not.

    The links between them, each with its line and the state just before; since when they are
    together; the events without which they would be apart. Or what was refused or is missing,
    and what would have joined them. Each claim is confirmed by a replay. With A alone why its
    person is identified, or is not.
    """
    if two is None:
        _show_one(run, one, team_id, output)
        return
    with reading_progress(run) as progress:
        found = why(run, one, two, team_id, on_progress=progress)
    if output == "json":
        write_document(document(found))
    else:
        show(Page(), found)


def _show_one(run: Run, one: str, team_id: int | None, output: str) -> None:
    """Why the person of one id is identified, or not."""
    with reading_progress(run) as progress:
        found = why_identified(run, one, team_id, on_progress=progress)
    if output == "json":
        write_document(
            {
                "format": FORMAT,
                "team_id": found.key[0],
                "distinct_id": found.key[1],
                "person_id": found.person_id,
                "is_identified": found.is_identified,
                "identified_at": None if found.identified_at is None else found.identified_at.place,
                "reasons": found.reasons,
                "remedies": found.remedies,
                "without_log": found.without_log,
            }
        )
        return
    page = Page()
    page.line((found.key[1], "bold"), " is identified" if found.is_identified else " is not identified")
    _show_sentences(page, "Why" if found.is_identified else "Why not", found.reasons)
    _show_sentences(page, "What would mark it", found.remedies)
    if found.without_log is not None:
        page.heading("From the journal alone")
        page.paragraph(found.without_log)


def document(found: Why) -> "of_counterfactuals.Why":
    """The answer as one JSON object."""
    return {
        "format": FORMAT,
        "team_id": found.one[0],
        "distinct_ids": [found.one[1], found.two[1]],
        "are_one": found.are_one,
        "path": [_step(step) for step in found.path],
        "together_since": _since(found),
        "separators": [[place.document for place in places] for places in found.separators],
        "separators_are_exact": found.exact,
        "separators_are_smallest": found.smallest,
        "separators_found": found.sets,
        "reasons": found.reasons,
        "remedies": found.remedies,
        "instead": [_instead(one) for one in found.instead],
        "shared": [_shared(one) for one in found.shared],
        "notes": found.notes,
        "without_log": found.without_log,
    }


def _since(found: Why) -> "common.EventAddress | None":
    """The link that completed the way, as JSON."""
    since = found.together_since
    uuids = (step.link.uuid for step in found.path if step.origin == since)
    return None if since is None else {**since.place, "uuid": next(uuids, None)}


def _instead(one: Instead) -> "of_counterfactuals.Instead":
    return {
        **one.origin.place,
        "event": one.event,
        "distinct_id": one.distinct_id,
        "other": one.other,
        "replaces": one.replaces,
        "sentence": str(one),
    }


def _shared(one: Shared) -> "of_counterfactuals.SharedValue":
    return {"property": one.name, "value": one.value, "places": [place.place for place in one.places]}


def _step(step: ProvenLink) -> "of_counterfactuals.PathLink":
    return {
        **step.origin.place,
        "uuid": step.link.uuid,
        "event": step.link.event,
        "time": step.link.time,
        "outcome": step.link.outcome,
        "rule": step.rule,
        "source": _side(step.source),
        "target": _side(step.target),
        "dropped": step.link.dropped,
    }


def _side(side: Side | None) -> "of_counterfactuals.LinkSide | None":
    if side is None:
        return None
    return {"distinct_id": side.distinct_id, "is_identified": side.is_identified, "ids_before": side.ids}


def show(page: Page, found: Why) -> None:
    """The answer as a page."""
    verdict = "are one person" if found.are_one else "are two persons"
    page.line((found.one[1], "bold"), " and ", (found.two[1], "bold"), f" {verdict}")
    middle = len(found.path) - 2 * STEPS_SHOWN
    for number, step in enumerate(found.path, 1):
        if middle > 0 and number == STEPS_SHOWN + 1:
            page.line()
            page.line((f"… {plural(middle, 'link')} more; --format json has them all", "dim"))
        if middle <= 0 or not STEPS_SHOWN < number <= STEPS_SHOWN + middle:
            page.line()
            _show_step(page, number, step)
    if found.together_since is not None:
        page.line()
        page.line("Together since ", (str(found.together_since), "cyan"))
    if found.separators:
        _show_separators(page, found)
    if found.without_log is not None:
        page.heading("From the journal alone")
        page.paragraph(found.without_log)
    _show_sentences(page, "Why not", found.reasons)
    _show_shared(page, found.shared)
    joined = [*map(str, found.instead), *found.remedies]
    _show_sentences(page, "What would have joined them", joined)
    for note in found.notes:
        page.line()
        page.paragraph(f"{note[0].upper()}{note[1:]}.", indent=0)


def _show_sentences(page: Page, title: str, sentences: list[str]) -> None:
    if sentences:
        page.heading(title)
    shown = len(sentences) if len(sentences) <= SENTENCES_SHOWN + 2 else SENTENCES_SHOWN
    for sentence in sentences[:shown]:
        page.item(sentence)
    if shown < len(sentences):
        page.line((f"  … and {len(sentences) - shown:,} more; --format json has them all", "dim"))


def _show_shared(page: Page, shared: list[Shared]) -> None:
    """What both have, by which people or devices are known."""
    told = [f"{one.name} {one.value}, at {one.places[0]} and at {one.places[1]}" for one in shared]
    _show_sentences(page, "What both have", told)


def _show_step(page: Page, number: int, step: ProvenLink) -> None:
    link = step.link
    page.line((f"{number}. ", "dim"), (str(step.origin), "cyan"), f"  {link.event}  ", (link.outcome, "bold"))
    page.paragraph(f"{_what_happened(link)}: {step.rule}.", indent=3)
    for name, side in (("source", step.source), ("target", step.target)):
        if side is not None:
            page.paragraph(f"{name} before: {_words(side)}", indent=3)
    if link.dropped:
        page.paragraph(f"lost in the merge: {', '.join(link.dropped)}", indent=3)


def _what_happened(link: LinkRow) -> str:
    source, target = link.source_distinct_id, link.target_distinct_id
    if link.outcome == Outcome.CREATED:
        return f"{target} and {source} became one person"
    if link.target_person is None:  # the event's own id was the new one
        return f"{target} joined {source}"
    return f"{source} joined {target}"


def _words(side: Side) -> str:
    if not side.ids:
        return f"{side.distinct_id}, nobody yet"
    shown = ", ".join(side.ids[:IDS_SHOWN]) + (", …" if len(side.ids) > IDS_SHOWN else "")
    flag = "identified" if side.is_identified else "not identified"
    return f"{side.distinct_id}, {flag}, {plural(len(side.ids), 'id')}: {shown}"


def _size_told(found: Why) -> str:
    if not found.smallest:
        return "a bound: smaller sets may exist"
    fewer = len(found.separators[0]) - 1
    return f"no {'one event' if fewer == 1 else f'{fewer} events'} would do; other sets may"


def _show_separators(page: Page, found: Why) -> None:
    alone = len(found.separators[0]) == 1
    note = "" if found.exact else "others may do as well" if alone else _size_told(found)
    page.heading("Apart without", note)
    for places in found.separators:
        origins = [str(place.origin) for place in places]
        more = f" and {len(origins) - SENTENCES_SHOWN:,} more" if len(origins) > SENTENCES_SHOWN else ""
        page.item(" and ".join(origins[:SENTENCES_SHOWN]) + more)
    if found.sets > len(found.separators):
        page.line((f"  … these are {len(found.separators)} of {found.sets:,} such sets", "dim"))
