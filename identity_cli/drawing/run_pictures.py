"""Pictures of a run: the timelines of some persons, or the census of all."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from identity_cli.drawing.finding_flags import kept_words
from identity_cli.drawing.story import Story
from identity_cli.drawing.svg_census import MOST_SHAPES, Drawn, census
from identity_cli.drawing.svg_timeline import svg, timeline
from identity_cli.drawing.telling import stories
from identity_cli.reports.shape_census import Shape, shapes_of
from identity_cli.store.reading.rows import PersonRow
from identity_cli.store.reading.run import Run

Progress = Callable[[int], None]


class Pictured(NamedTuple):
    """Stories to draw; shapes: of each its own, where they stand for the whole run.

    further: how many shapes are not among them, and of how many persons. missing: why the log told nothing.
    """

    stories: list[Story]
    shapes: list[Shape]
    further: tuple[int, int]
    missing: str | None


def of_persons(
    run: Run,
    persons: Sequence[tuple[PersonRow, str]],
    finding_words: Mapping[int, str] | None = None,
    on_progress: Progress | None = None,
) -> Pictured:
    """The stories of some persons, each with what to call it; finding_words: else what the run keeps."""
    if finding_words is None:
        finding_words = kept_words(run, [row.person for row, _ in persons])
    told = stories(run, persons, finding_words, on_progress)
    return Pictured(told.stories, [], (0, 0), told.missing)


def of_everybody(
    run: Run, finding_words: Mapping[int, str] | None = None, on_progress: Progress | None = None
) -> Pictured:
    """For each shape that persons have, one of them; the rare ones first, and not all where they are many."""
    shapes = shapes_of(run)
    shown, rest = shapes[:MOST_SHAPES], shapes[MOST_SHAPES:]
    examples = [run.person(shape.example) for shape in shown]
    told = stories(run, [(one, one.creator_distinct_id) for one in examples], finding_words, on_progress)
    further = (len(rest), sum(shape.persons for shape in rest))
    return Pictured(told.stories, shown, further, told.missing)


def drawings(pictured: Pictured, *, is_file: bool) -> list[str]:
    """The drawings, as SVG: a timeline for each person, or one census."""
    if pictured.shapes:
        shapes = [
            Drawn(shape.persons, shape.words, story)
            for shape, story in zip(pictured.shapes, pictured.stories, strict=True)
        ]
        return [census(shapes, pictured.further, is_file=is_file)]
    return [
        timeline(story, prefix=f"t{number}", is_file=is_file) for number, story in enumerate(pictured.stories)
    ]


def one_drawing(pictured: Pictured) -> str:
    """All of it as one SVG file."""
    if len(pictured.stories) == 1 or pictured.shapes:
        return drawings(pictured, is_file=True)[0]
    y, right, parts = 0.0, 0.0, []
    for drawn in drawings(pictured, is_file=False):
        wide, high = _size(drawn)
        parts.append(drawn.replace("<svg ", f'<svg y="{y:g}" ', 1))
        y, right = y + high + 24, max(right, wide)
    titles = ", ".join(story.title for story in pictured.stories)
    named = ("Identity timelines", f"Of {titles}.")
    return svg(named, (right, y), "".join(parts), prefix="a", is_file=True)


def _size(drawn: str) -> tuple[float, float]:
    wide, high = (float(drawn.split(f' {name}="', 1)[1].split('"', 1)[0]) for name in ("width", "height"))
    return wide, high
