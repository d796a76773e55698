"""The identity timeline of a person as SVG: one lane an id, filled by whose it was at that moment."""

from typing import NamedTuple

from identity_cli.drawing.lanes import FOLD_ABOVE
from identity_cli.drawing.layout import WIDTH, Beside, laid_out
from identity_cli.drawing.story import Joint, Story
from identity_cli.drawing.svg_around import draw_axis, draw_flags, draw_legend, draw_traits
from identity_cli.drawing.svg_joints import draw_joints
from identity_cli.drawing.svg_lanes import draw_lanes
from identity_cli.drawing.svg_marks import PATTERNS, Canvas, n
from identity_cli.drawing.svg_style import style_of_a_file
from identity_cli.outcomes import Outcome
from identity_cli.values.shown import markup, shown

MOST_TOLD = 12
LONGEST_TOLD = 40


class Drawing(NamedTuple):
    """What is drawn, and how large it is."""

    markup: str
    width: float
    height: float


def timeline(
    story: Story,
    *,
    prefix: str = "t",
    width: float = WIDTH,
    is_file: bool = True,
    beside: Beside | None = None,
) -> str:
    """The timeline with its legend. prefix: of the ids in it, another for each drawing of a page.

    is_file: with colours and paper of its own; else those of `style_of_a_page`. beside: of a picture beside
    another one.
    """
    drawn = drawing(story, prefix, width=width, has_legend=True, beside=beside)
    named = (f"Identity timeline of {shown(story.title)}", told(story))
    return svg(named, (drawn.width, drawn.height), drawn.markup, prefix=prefix, is_file=is_file)


def drawing(
    story: Story,
    prefix: str,
    *,
    width: float = WIDTH,
    fold_above: int = FOLD_ABOVE,
    has_legend: bool = False,
    beside: Beside | None = None,
) -> Drawing:
    """What a timeline shows, to stand within a picture."""
    layout = laid_out(story, width, fold_above, beside)
    canvas = Canvas(layout, prefix)
    draw_axis(canvas)
    draw_lanes(canvas)
    draw_joints(canvas)
    draw_flags(canvas)
    wide, bottom = draw_traits(canvas, layout.bottom + 8)
    if has_legend:
        bottom = draw_legend(canvas, bottom + 14, wide)
    hatches = sorted({1, *layout.colours.values()} - {0})
    return Drawing(_patterns(prefix, hatches) + canvas.markup, wide, bottom)


def svg(named: tuple[str, str], size: tuple[float, float], drawn: str, *, prefix: str, is_file: bool) -> str:
    """A drawing as one element; named: its title and its description."""
    wide, high = (n(round(value)) for value in size)
    style = f"<style>{style_of_a_file()}</style>" if is_file else ""
    paper = f'<rect class="bg" width="{wide}" height="{high}"/>' if is_file else ""
    title, description = named
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="idt" role="img"'
        f' aria-labelledby="{prefix}t {prefix}d"'
        f' width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
        f'<title id="{prefix}t">{markup(title)}</title><desc id="{prefix}d">{markup(description)}</desc>'
        f"{style}{paper}{drawn}</svg>"
    )


def told(story: Story) -> str:
    """The picture in words, for those who cannot see it."""
    events = sum(story.events.get(one, 0) for one in story.ids)
    worth = [
        joint
        for joint in story.joints
        if joint.finding or joint.outcome not in (Outcome.ATTACHED, Outcome.CREATED)
    ]
    more = f" And {len(worth) - MOST_TOLD:,} more links." if len(worth) > MOST_TOLD else ""
    links = "".join(f" {_told(joint)}" for joint in worth[:MOST_TOLD])
    return f"{len(story.ids):,} distinct ids, {events:,} events.{links}{more}"


def _told(joint: Joint) -> str:
    source, target = (shown(one, LONGEST_TOLD) for one in joint.ends)
    what = joint.outcome.replace("_", " ")
    finding = f"; {joint.finding}" if joint.finding else ""
    return f"{joint.where} {shown(joint.event, LONGEST_TOLD)} of {source} into {target}: {what}{finding}."


def _patterns(prefix: str, colours: list[int]) -> str:
    return "<defs>{}</defs>".format(
        "".join(
            f'<pattern id="{prefix}p{colour}" width="6" height="6" patternUnits="userSpaceOnUse">'
            f"{PATTERNS[colour]}</pattern>"
            for colour in colours
        )
    )
