"""Links: what joined two ids, what would have, and the words beside it."""

from collections.abc import Iterator

from identity_cli.drawing.labels import Box, Place
from identity_cli.drawing.lanes import BAND, Lane
from identity_cli.drawing.layout import RIGHT, SMALL_CELL, Layout
from identity_cli.drawing.story import Joint
from identity_cli.drawing.svg_marks import Canvas, Look, alarm_lines, cross, n, path, ring, words
from identity_cli.outcomes import JOINS, Outcome
from identity_cli.values.shown import cells, shown

LONGEST_IN_LABEL = 14
FINDINGS_FIRST_ABOVE = 200
"""Links: in such a crowd those of findings get their words first."""
STUB = 9


def draw_joints(canvas: Canvas) -> None:
    """All links that a lane shows, and along each band what is there because of a finding."""
    layout = canvas.layout
    joints = [joint for joint in layout.story.joints if _is_drawn(layout, joint)]
    reaches = _reaches(layout)
    for joint in joints:
        lanes = [layout.lane_of[one] for one in joint.ends if one in layout.lane_of]
        if len(lanes) == 1:
            continue
        ys = [lane.y for lane in lanes] + (
            reaches.get(joint.seq, []) if joint.outcome == Outcome.MERGED else []
        )
        _draw_joint(canvas, joint, ys)
    _draw_damage(canvas)
    if len(joints) > FINDINGS_FIRST_ABOVE:
        joints.sort(key=lambda joint: not joint.finding)
    for joint in joints:
        _draw_words(canvas, joint)


def _is_drawn(layout: Layout, joint: Joint) -> bool:
    """Whether it has a lane; of bundles, only where a finding speaks of it."""
    lanes = [layout.lane_of[one] for one in joint.ends if one in layout.lane_of]
    if not lanes or (len(lanes) == 1 and not joint.is_refusal):
        return False
    return bool(joint.finding) or not any(lane.is_bundle for lane in lanes)


def _reaches(layout: Layout) -> dict[int, list[float]]:
    """By the seq of a merge, the y of the lanes that it moved."""
    found: dict[int, list[float]] = {}
    for lane in layout.lanes:
        if not lane.is_bundle and not lane.is_stranger:
            for span in [*layout.spans(lane.ids[0])][1:]:
                found.setdefault(int(span.start), []).append(lane.y)
    return found


def _draw_joint(canvas: Canvas, joint: Joint, ys: list[float]) -> None:
    layout, source_y, target_y = canvas.layout, ys[0], ys[1]
    x, colour = layout.x(joint.seq), layout.colour(joint.person)
    low, high = min(ys), max(ys)
    canvas.occupied.add(Box(x - 5, low, x + 4, high))
    if joint.is_refusal:
        canvas.shown.add("refused")
        inner = sorted((source_y, target_y))
        canvas.connectors.append(path("no", f"M{n(x)} {n(inner[0] + 5)}V{n(inner[1] - 5)}"))
        beside = source_y + (BAND / 2 + 7) * (1 if source_y < target_y else -1)
        canvas.marks += [ring("h", x, source_y, 3.6), ring("h", x, target_y, 3.6)]
        canvas.marks.append(cross(x, beside, is_bad=bool(joint.finding)))
        return
    kind = "ribbon" if joint.outcome == Outcome.MERGED else "line" if joint.outcome in JOINS else "same"
    canvas.shown.add({"ribbon": "merged", "line": "attached"}.get(kind, "same"))
    _draw_line(canvas, (x - 1, low, high), f"{kind} s{colour}")
    radius = 4.6 if kind == "ribbon" else 4.2
    canvas.marks += [ring(f"jn s{colour}", x - 1, y, radius) for y in (source_y, target_y)]


def _draw_line(canvas: Canvas, where: tuple[float, float, float], classes: str) -> None:
    """A line from lane to lane, behind the bundles that it passes."""
    x, low, high = where
    parts, y = [], low
    for lane in canvas.layout.lanes:
        if lane.is_bundle and low < lane.top and lane.bottom < high:
            parts.append(f"M{n(x)} {n(y)}V{n(lane.top)}")
            y = lane.bottom
    canvas.connectors.append(path(classes, "".join([*parts, f"M{n(x)} {n(y)}V{n(high)}"])))


def _draw_damage(canvas: Canvas) -> None:
    """Alarm lines along each band from the link on that put it here, by a finding."""
    layout = canvas.layout
    by_seq = {joint.seq: joint for joint in layout.story.joints if joint.finding}
    for lane in layout.lanes:
        if lane.is_stranger:
            continue
        one = lane.ids[0]
        spans = [*layout.story.spans(one)] if not lane.is_bundle else [layout.story.came(one)]
        starts = [int(span.start) for span in spans if _is_moved_by(by_seq.get(int(span.start)), one)]
        if starts:
            canvas.shown.add("damage")
            x = layout.x(starts[0]) + 4
            canvas.marks.append(alarm_lines(x, layout.right, (lane.top, lane.bottom)))


def _is_moved_by(joint: Joint | None, one: str) -> bool:
    """Whether the link brought that id to where it is."""
    if joint is None or joint.outcome not in JOINS:
        return False
    return joint.outcome == Outcome.MERGED or one in joint.ends


def _draw_words(canvas: Canvas, joint: Joint) -> None:
    layout = canvas.layout
    lanes = [layout.lane_of[one] for one in joint.ends if one in layout.lane_of]
    if len(lanes) == 1:
        _draw_stub(canvas, joint, lanes[0])
        return
    got = canvas.occupied.first_free(
        place for text in _texts(layout, joint) for place in _places(layout, text, joint.seq, lanes)
    )
    if got is not None:
        look = Look("sm halo alarm b" if joint.finding else "sm halo")
        canvas.marks.append(words(got.x, got.y, got.words, look))


def _draw_stub(canvas: Canvas, joint: Joint, lane: Lane) -> None:
    """A refused id that has no lane: a short hook, and the id in words."""
    layout, x = canvas.layout, canvas.layout.x(joint.seq)
    canvas.shown.add("refused")
    other = next(one for one in joint.ends if one not in layout.lane_of)
    y = lane.bottom + STUB + 2
    canvas.marks += [path("no", f"M{n(x)} {n(lane.bottom)}v{STUB}"), cross(x, y, is_bad=bool(joint.finding))]
    texts = (f"{joint.where} {shown(other, 16)}", joint.where)
    got = canvas.occupied.first_free(
        place for text in texts for place in _beside(layout, text, x + 2, (y + 3.5,))
    )
    if got is not None:
        canvas.marks.append(words(got.x, got.y, got.words, Look("sm halo")))


def _texts(layout: Layout, joint: Joint) -> list[str]:
    """What stands at a joint where there is room, and what where there is little."""
    name = layout.story.person_name
    match joint.outcome:
        case Outcome.MERGED:
            ends = (name(one) for one in (joint.source_person, joint.person))
            more = " " + " → ".join(shown(one, LONGEST_IN_LABEL) for one in ends)
        case "same_person":
            more = " same"
        case Outcome.CREATED | Outcome.ATTACHED:
            more = ""
        case outcome:
            more = " illegal" if outcome == Outcome.REFUSED_ILLEGAL else f" {outcome.split('_')[0]}"
    return [joint.where + more, joint.where] if more else [joint.where]


def _places(layout: Layout, text: str, seq: int, lanes: list[Lane]) -> Iterator[Place]:
    upper, lower = sorted(lanes, key=lambda lane: lane.y)
    ys = (lower.top - 5.5, upper.bottom + 11.5, lower.bottom + 11.5, upper.top - 5.5)
    return _beside(layout, text, layout.x(seq), ys)


def _beside(layout: Layout, text: str, x: float, ys: tuple[float, ...]) -> Iterator[Place]:
    """Right of a joint, else left of it, on each of these lines."""
    wide = cells(text) * SMALL_CELL
    for y in ys:
        for left in (x + 5, x - 7 - wide):
            if layout.left - 2 < left and left + wide < layout.right + RIGHT:
                yield Place(text, left, y, Box(left, y - 8.5, left + wide, y + 1.5))
