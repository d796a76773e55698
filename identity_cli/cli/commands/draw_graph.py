"""`idcli graph`: a picture of persons, or of the whole run, and the merge graph for other programs."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click

from identity_cli.cli.terminal.fitting import is_terminal
from identity_cli.cli.terminal.options import (
    Command,
    option,
    redactable,
    team_option,
    with_ids,
    with_log,
    with_run,
)
from identity_cli.cli.terminal.page import Page
from identity_cli.cli.terminal.text import plural
from identity_cli.cli.terminal.timeline_page import pictured_of, show_pictured, text_of
from identity_cli.drawing.run_pictures import Pictured, drawings, one_drawing
from identity_cli.store.reading.run import Run
from identity_cli.tables.graph_formats import GRAPH_FORMATS

PICTURES = ("term", "svg", "html", "png")
FORMATS = (*PICTURES, *GRAPH_FORMATS)
SUFFIXES = {".mmd": "mermaid", ".gv": "dot", ".htm": "html", ".txt": "term"}
"""Ends of file names that are no format's own name."""


@click.command("graph", cls=Command, epilog="Example: idcli graph user_nils --format svg > nils.svg")
@click.argument("wanted", metavar="[ID]...", nargs=-1)
@option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="How to draw or write it.  [default: what FILE ends in, else term]",
)
@option("-o", "--output", "path", metavar="FILE", help="Write it into FILE.")
@team_option("Only the IDs of this team.")
@with_run
@with_log
@with_ids("wanted")
@redactable("wanted")
def command(
    run: Run, wanted: tuple[str, ...], form: str | None, path: str | None, team_id: int | None
) -> None:
    """Draw who became whom, and why.

    Of each ID its person as a timeline: a lane for each distinct id, filled by whose it was at that
    moment, from left to right in order of arrival. Without ID the whole run: every shape that persons
    have once, the rare ones first, with how many are so.

    svg, html and png are pictures (png: pip install 'idcli[png]'); dot, mermaid, graphml, json (node-link)
    and csv (edges) are the graph of persons, distinct ids and links, for other programs.
    """
    asked = _Asked(run, wanted, team_id)
    name = form or _by_suffix(path) or PICTURES[0]
    if name in GRAPH_FORMATS:
        _write(path, run, lambda: _graph(asked, name))
    elif name == "term" and path is None:
        show_pictured(Page(), asked.pictured())
    else:
        _write(path, run, lambda: _picture(asked, name))


class _Asked(NamedTuple):
    """Whom a graph is asked of."""

    run: Run
    wanted: tuple[str, ...]
    team_id: int | None

    def pictured(self) -> Pictured:
        """The stories to draw."""
        persons = [(self.run.find_person(one, self.team_id), one) for one in self.wanted]
        return pictured_of(self.run, persons)


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

    run = asked.run
    persons = [run.find_person(one, asked.team_id).person for one in asked.wanted]
    with scratch_folder() as scratch:
        place = scratch / GRAPH_FORMATS[name].file
        writer = GRAPH_FORMATS[name].writer(place)
        write_merge_graph(writer, run, [*dict.fromkeys(persons)] if persons else None)
        return place.read_bytes()


def _picture(asked: _Asked, name: str) -> bytes:
    pictured = asked.pictured()
    if name == "html":
        from identity_cli.drawing.html_page import page_of

        title = ", ".join(asked.wanted) or f"The shapes of {plural(asked.run.count('persons'), 'person')}"
        return page_of(title, drawings(pictured, is_file=False)).encode()
    if name == "term":
        return text_of(pictured).encode()
    drawn = one_drawing(pictured)
    if name == "svg":
        return drawn.encode()
    from identity_cli.drawing.png import png_of

    return png_of(drawn)
