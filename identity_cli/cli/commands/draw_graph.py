"""`idcli graph`: a picture of persons, or of the whole run, and the merge graph for other programs."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from identity_cli.cli.terminal.at_work import at_work
from identity_cli.cli.terminal.audit_pages import known_codes
from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import ID, Known
from identity_cli.cli.terminal.fitting import is_terminal
from identity_cli.cli.terminal.options import team_option
from identity_cli.cli.terminal.page import Page
from identity_cli.cli.terminal.run_arguments import redactable, with_ids, with_log, with_run
from identity_cli.cli.terminal.text import plural
from identity_cli.cli.terminal.timeline_page import pictured_of, show_pictured, text_of
from identity_cli.drawing.run_pictures import Pictured, drawings, one_drawing
from identity_cli.errors import NoSuchFinding
from identity_cli.store.reading.rows import PersonRow
from identity_cli.store.reading.run import Run
from identity_cli.tables.graph_formats import GRAPH_FORMATS

MOST_OF_FINDINGS = 12
"""Persons drawn of findings, the worst first."""
PICTURES = ("term", "svg", "html", "png")
FORMATS = (*PICTURES, *GRAPH_FORMATS)
SUFFIXES = {
    ".htm": "html",
    ".txt": "term",
    **{suffix: form.name for form in GRAPH_FORMATS.values() for suffix in form.suffixes},
}
"""Ends of file names that are no format's own name."""


@click.command("graph", cls=Command, epilog="Example: idcli graph user_nils --format svg > nils.svg")
@click.argument("wanted", metavar="[ID]...", nargs=-1, type=ID)
@option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="How to draw or write it.  [default: what FILE ends in, else term]",
)
@option("-o", "--output", "path", metavar="FILE", help="Write it into FILE.")
@option(
    "--findings",
    "code",
    metavar="CODE",
    type=Known(known_codes),
    help="The persons of findings of that code.",
)
@team_option("Only the IDs of this team.")
@with_run
@with_log
@with_ids("wanted")
@redactable("wanted")
def command(
    run: Run,
    wanted: tuple[str, ...],
    code: str | None,
    form: str | None,
    path: str | None,
    team_id: int | None,
) -> None:
    """Draw who became whom, and why.

    With IDs: a timeline of each one's person, with a lane for each distinct id. A lane is filled by the
    person that had the id at that moment, from left to right in order of arrival. Without IDs: the whole
    run, as each shape that a person can have and how many have it, the rare ones first.

    svg, html and png are pictures (png: pip install 'idcli[png]'); dot, mermaid, graphml, json (node-link)
    and csv (edges) are the graph of persons, distinct ids and links, for other programs.
    """
    if code is not None and wanted:
        raise click.UsageError("give IDs or --findings CODE.")
    asked = _asked_of(run, wanted, team_id) if code is None else _asked_of_findings(run, code)
    name = form or _by_suffix(path) or PICTURES[0]
    if name in GRAPH_FORMATS:
        with at_work("Writing the graph"):
            _write(path, run, lambda: _graph(asked, name))
    elif name == "term" and path is None:
        show_pictured(Page(), asked.pictured())
    else:
        _write(path, run, lambda: _picture(asked, name))


class _Asked(NamedTuple):
    """Whom a graph is asked of, each with what to call it; nobody is everybody; words: of findings."""

    run: Run
    persons: Sequence[tuple[PersonRow, str]]
    words: dict[int, str] | None

    @property
    def title(self) -> str:
        """What a page of it is called."""
        named = ", ".join(name for _, name in self.persons)
        return named or f"The shapes of {plural(self.run.count('persons'), 'person')}"

    def pictured(self) -> Pictured:
        """The stories to draw."""
        return pictured_of(self.run, self.persons, self.words)


def _asked_of(run: Run, wanted: Sequence[str], team_id: int | None) -> _Asked:
    return _Asked(run, [(run.find_person(one, team_id), one) for one in wanted], None)


def _asked_of_findings(run: Run, code: str) -> _Asked:
    """The first persons of findings of a code, and what all findings say of links."""
    from identity_cli.drawing.finding_flags import finding_words
    from identity_cli.findings.kept import findings_of

    found = findings_of(run)
    ids = [one for finding in found for one in finding.person_ids_of(code)]
    if not ids:
        raise NoSuchFinding(code)
    persons = [run.find_person(one) for one in [*dict.fromkeys(ids)][:MOST_OF_FINDINGS]]
    return _Asked(run, [(one, one.creator_distinct_id) for one in persons], finding_words(run, found))


def _by_suffix(path: str | None) -> str | None:
    if path is None:
        return None
    suffix = Path(path).suffix.lower()
    name = SUFFIXES.get(suffix, suffix[1:])
    return name if name in FORMATS else None


def _write(path: str | None, run: Run, made: Callable[[], bytes]) -> None:
    """Put it into a file, or on standard output."""
    if path is None:
        data = made()
        if is_terminal(sys.stdout) and b"\0" in data:
            raise click.UsageError("a picture is not to be read: write it into a file with -o FILE.")
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    from identity_cli.files.outputs import output_file

    with output_file(path, [source["path"] for source in run.sources()]) as file:
        file.write(made())


def _graph(asked: _Asked, name: str) -> bytes:
    from identity_cli.files.places import scratch_folder
    from identity_cli.reports.merge_graph import write_merge_graph

    persons = [row.person for row, _ in asked.persons]
    with scratch_folder() as scratch:
        place = scratch / GRAPH_FORMATS[name].file
        writer = GRAPH_FORMATS[name].writer(place)
        write_merge_graph(writer, asked.run, [*dict.fromkeys(persons)] or None, asked.words)
        return place.read_bytes()


def _picture(asked: _Asked, name: str) -> bytes:
    pictured = asked.pictured()
    if name == "html":
        from identity_cli.drawing.html_page import page_of

        return page_of(asked.title, drawings(pictured, is_file=False)).encode()
    if name == "term":
        return text_of(pictured).encode()
    drawn = one_drawing(pictured)
    if name == "svg":
        return drawn.encode()
    from identity_cli.drawing.png import png_of

    return png_of(drawn)
