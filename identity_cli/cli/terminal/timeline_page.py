"""Pictures of persons on a terminal, or as plain text."""

import os
import sys
from collections.abc import Mapping, Sequence

from identity_cli.cli.terminal.page import Column, Page, id_column, number_column
from identity_cli.cli.terminal.render import reading_progress
from identity_cli.cli.terminal.text import number_text, print_error
from identity_cli.drawing.run_pictures import Pictured, of_everybody, of_persons
from identity_cli.drawing.story import Story
from identity_cli.drawing.terminal_timeline import terminal_timeline
from identity_cli.store.reading.rows import PersonRow
from identity_cli.store.reading.run import Run


def pictured_of(
    run: Run, persons: Sequence[tuple[PersonRow, str]], words: Mapping[int, str] | None = None
) -> Pictured:
    """The stories of some persons, each with what to call it, or of the whole run.

    words: of findings, by seq. Says on standard error where the log could not be read again.
    """
    with reading_progress(run) as progress:
        of_some = of_persons(run, persons, words, progress) if persons else None
        pictured = of_some or of_everybody(run, words, progress)
    if pictured.missing is not None:
        print_error(f"idcli: drawn without the events between the links: {pictured.missing}")
    return pictured


def show_person(page: Page, run: Run, person: tuple[PersonRow, str]) -> None:
    """The timeline of one person, with what to call it."""
    show_pictured(page, pictured_of(run, [person]))


def show_pictured(page: Page, pictured: Pictured) -> None:
    """The timelines one below the other, or of a whole run its shapes as a table."""
    if pictured.shapes:
        _show_shapes(page, pictured)
        return
    for number, story in enumerate(pictured.stories):
        if number:
            page.line()
        show_story(page, story)


def show_story(page: Page, story: Story) -> None:
    """One timeline, in the width of the page."""
    for parts in terminal_timeline(story, page.width, is_ascii=_is_ascii()):
        page.line(*parts)


def text_of(pictured: Pictured) -> str:
    """The timelines as text, without colours."""
    lines = [
        "".join(text for text, _ in parts).rstrip()
        for story in pictured.stories
        for parts in [*terminal_timeline(story), []]
    ]
    return "\n".join(lines)


def _show_shapes(page: Page, pictured: Pictured) -> None:
    columns = [
        number_column("persons"),
        Column("shape", keep="start"),
        id_column("for example"),
    ]
    page.table(
        columns,
        [
            [shape.persons, (shape.words, "bold red" if shape.is_odd else ""), story.title]
            for shape, story in zip(pictured.shapes, pictured.stories, strict=True)
        ],
        indent=0,
    )
    shapes, persons = pictured.further
    if shapes:
        page.line((f"and {number_text(shapes)} more shapes, of {number_text(persons)} persons", "dim"))


def _is_ascii() -> bool:
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    return encoding != "utf8" or os.environ.get("TERM") == "dumb"
