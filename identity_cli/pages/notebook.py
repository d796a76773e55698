"""Runs and persons in a notebook, as pages have them."""

from typing import NamedTuple

from identity_cli.drawing.finding_flags import finding_words
from identity_cli.drawing.run_pictures import drawings, of_everybody, of_persons, one_drawing
from identity_cli.findings.kept import findings_of
from identity_cli.store.reading.run import Run


class Picture(NamedTuple):
    """A drawing; a notebook shows it, svg is its text."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


def draw(run: Run, *wanted: str, team_id: int | None = None) -> Picture:
    """Draw persons as timelines, each by any of its ids; without ids the run as the shapes of its persons.

    A notebook shows the picture; its `svg` is text. Errors of Run.find_person.
    """
    words = finding_words(run, findings_of(run))
    if not wanted:
        return Picture(one_drawing(of_everybody(run, words)))
    persons = [(run.find_person(one, team_id), one) for one in wanted]
    return Picture(one_drawing(of_persons(run, persons, words)))


def html_of(run: Run) -> str:
    """A run: the shapes of its persons."""
    return drawings(of_everybody(run), is_file=True)[0]
