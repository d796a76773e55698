"""Bands, bundles and the events on them."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise

from identity_cli.drawing.labels import Box
from identity_cli.drawing.lanes import ONE_BY_ONE, Lane
from identity_cli.drawing.layout import SMALL_CELL, Layout, lane_name
from identity_cli.drawing.libraries import library_name, shape_of
from identity_cli.drawing.story import Tick
from identity_cli.drawing.svg_marks import (
    GLYPH_RADIUS,
    Canvas,
    Look,
    glyph,
    n,
    path,
    rect,
    titled,
    words,
)
from identity_cli.values.shown import cells, shown

CROWD = 7.6
"""Pixels: like events that are nearer share a bar."""
LONGEST_NAME = 18
AREA_STEPS = 160


def draw_lanes(canvas: Canvas) -> None:
    """All lanes, with what stands left and right of them, and their events."""
    layout = canvas.layout
    before: Lane | None = None
    named: set[int] = set()
    for lane in layout.lanes:
        canvas.occupied.add(Box(layout.left, lane.top - 0.5, layout.right, lane.bottom + 0.5))
        _draw_margins(canvas, lane)
        if lane.is_bundle:
            canvas.bands.append(_area(canvas, lane))
        elif lane.is_stranger:
            canvas.bands.append(_outline(layout, lane))
        else:
            _draw_band(canvas, lane)
        if before is None or lane.block != before.block or lane.is_stranger != before.is_stranger:
            _name_person(canvas, lane, named)
        before = lane
    _draw_ticks(canvas)


def _draw_margins(canvas: Canvas, lane: Lane) -> None:
    layout, story, say = canvas.layout, canvas.layout.story, canvas.bands.append
    x, y = layout.left - 10, lane.y + (1 if lane.is_bundle else 4)
    name, is_login = lane_name(lane, story), not lane.is_bundle and lane.ids[0] in story.logins
    drawn = words(x, y, name, Look("b" if is_login else "q", "end"))
    say(drawn if lane.is_bundle or name == lane.ids[0] else titled(lane.ids[0], drawn))
    if lane.block == ONE_BY_ONE and lane.is_bundle:
        say(words(x, y + 13, "came one by one", Look("sm q", "end")))
    count = sum(story.events.get(one, 0) for one in lane.ids)
    say(words(layout.right + 8, lane.y + 4, f"{count:,} ev", Look("sm q")))


def _name_person(canvas: Canvas, lane: Lane, named: set[int]) -> None:
    """Over the first lane of each person, unless the lane says the same; named: those that have been."""
    layout = canvas.layout
    if lane.is_stranger:
        canvas.bands.append(words(layout.left - 10, lane.y + 16, "another person", Look("sm q", "end")))
        return
    if lane.is_bundle:
        return
    span = layout.story.joined[lane.ids[0]]
    name = layout.story.person_name(span.person)
    if name in ("", lane.ids[0]) or span.person in named:
        return
    named.add(span.person)
    x, y = layout.x(span.start) - 4, lane.top - 4
    canvas.marks.append(words(x, y, shown(name, LONGEST_NAME), Look("sm b halo")))
    canvas.occupied.add(Box(x, y - 9, x + cells(shown(name, LONGEST_NAME)) * SMALL_CELL, y + 2))


def _outline(layout: Layout, lane: Lane) -> str:
    x = layout.x(layout.story.joined[lane.ids[0]].start) - 4
    return rect("fs", x, lane.top + 0.75, (layout.right - x, lane.height - 1.5), 3)


def _draw_band(canvas: Canvas, lane: Lane) -> None:
    """An id, filled by whose it was then."""
    layout, one = canvas.layout, lane.ids[0]
    spans = [*layout.spans(one)]
    start = layout.x(spans[0].start)
    seen = layout.x(layout.story.first[one])
    if seen < start:
        canvas.shown.add("nobody")
        canvas.bands.append(path("nobody", f"M{n(seen)} {n(lane.y)}H{n(start)}"))
    for index, (span, after) in enumerate(pairwise([*spans, None])):
        assert span is not None
        x = layout.x(span.start)
        right = layout.right if after is None else layout.x(after.start)
        shape = _nosed(lane, x, right) if index else _begun(lane, x - 4, right)
        colour = layout.colour(span.person)
        canvas.bands.append(path(f"f{colour}", shape))
        if colour:
            canvas.bands.append(_hatched(canvas, colour, shape))


def _begun(lane: Lane, x: float, right: float) -> str:
    """A band from its birth on, with round corners."""
    return (
        f"M{n(x + 3)} {n(lane.top)}H{n(right)}V{n(lane.bottom)}H{n(x + 3)}"
        f"a3 3 0 0 1-3-3V{n(lane.top + 3)}a3 3 0 0 1 3-3z"
    )


def _nosed(lane: Lane, x: float, right: float) -> str:
    """A band that takes over another's, with a small nose into it."""
    return f"M{n(x - 5)} {n(lane.y)}L{n(x)} {n(lane.top)}H{n(right)}V{n(lane.bottom)}H{n(x)}z"


def _hatched(canvas: Canvas, colour: int, shape: str) -> str:
    return f'<path class="hatch" fill="url(#{canvas.prefix}p{colour})" d="{shape}"/>'


def _area(canvas: Canvas, lane: Lane) -> str:
    """Many ids as an area over time: how many there were, and of those how many the survivor had."""
    layout, story = canvas.layout, canvas.layout.story
    born = sorted(layout.x(story.joined[one].start) for one in lane.ids)
    came = sorted(layout.x(story.came(one).start) for one in lane.ids)
    colour = 1 if lane.block == ONE_BY_ONE else layout.colour(lane.block)
    if not colour:
        return path("f0", _area_of(layout, lane, born))
    every = _area_of(layout, lane, born)
    solid = path("f0", _area_of(layout, lane, came))
    return path(f"f{colour}", every) + _hatched(canvas, colour, every) + solid


def _area_of(layout: Layout, lane: Lane, xs: list[float]) -> str:
    """What grows by one at each x."""
    parts, last = [f"M{n(layout.left)} {n(lane.bottom)}"], -1
    for step in range(AREA_STEPS + 1):
        x = layout.left + (layout.right - layout.left) * step / AREA_STEPS
        count = bisect_right(xs, x)
        if count != last:
            parts.append(f"H{n(x)}V{n(lane.bottom - lane.height * count / len(lane.ids))}")
            last = count
    return "".join(parts) + f"H{n(layout.right)}V{n(lane.bottom)}z"


def _draw_ticks(canvas: Canvas) -> None:
    layout = canvas.layout
    targets = {(joint.seq, joint.target) for joint in layout.story.joints}
    of_lane: dict[str, list[Tick]] = {}
    for tick in layout.story.ticks:
        lane = layout.lane_of.get(tick.distinct_id)
        if lane is not None and not lane.is_bundle and (tick.seq, tick.distinct_id) not in targets:
            of_lane.setdefault(tick.distinct_id, []).append(tick)
    for one, ticks in of_lane.items():
        for crowd in _crowds(layout, ticks):
            _draw_crowd(canvas, layout.lane_of[one], crowd)


def _crowds(layout: Layout, ticks: Iterable[Tick]) -> Iterable[list[Tick]]:
    """Events of one lane and library so near that they would cover each other."""
    open_: dict[str, list[Tick]] = {}
    for tick in ticks:
        crowd = open_.get(tick.library)
        if (
            crowd
            and tick.is_held == crowd[-1].is_held
            and layout.x(tick.seq) - layout.x(crowd[-1].seq) < CROWD
        ):
            crowd.append(tick)
            continue
        if crowd:
            yield crowd
        open_[tick.library] = [tick]
    yield from open_.values()


def _draw_crowd(canvas: Canvas, lane: Lane, crowd: list[Tick]) -> None:
    layout, first = canvas.layout, crowd[0]
    shape = canvas.glyphs[first.library] = shape_of(first.library)
    is_nobodys = first.seq < layout.story.joined[first.distinct_id].start
    classes = "h" if first.is_held or is_nobodys else "fsg" if lane.is_stranger else "g"
    if first.is_held:
        canvas.shown.add("held")
    xs = [layout.x(tick.seq) for tick in crowd]
    if len(crowd) < 3:
        drawn = "".join(glyph(shape, x, lane.y, classes) for x in xs)
    else:
        left, right = xs[0] - GLYPH_RADIUS, xs[-1] + GLYPH_RADIUS
        drawn = rect(classes, left, lane.y - 2, (right - left, 4), 2) + "".join(
            glyph(shape, x, lane.y, classes) for x in (xs[0], xs[-1])
        )
    canvas.marks.append(titled(_told(crowd), drawn))


def _told(crowd: list[Tick]) -> str:
    first, more = crowd[0], sum(tick.events for tick in crowd) - 1
    by = f" by {library_name(first.library)}" if first.library else ""
    others = f" and {more:,} more" if more else ""
    return f"{first.event}{by}, {first.where}{others}{', held by the buffer' if first.is_held else ''}"
