"""Lines that once stopped a replay, or came out of two processes otherwise than of one.

By dialect, None for what is detected; each line is tried alone, between two good ones.
"""

BIG = "9" * 30


def deep(levels: int, opening: str = "[", inside: str = "", closing: str = "]") -> str:
    """A value nested so deep."""
    return opening * levels + inside + closing * levels


CORPUS: dict[str, tuple[str | None, str]] = {
    "a type that is a list": (None, '{"type":[]}'),
    "a type that is half a surrogate pair": ("segment", '{"type":"\\ud800","userId":"u"}'),
    "a time of 315 digits": (None, '{"event":"e","distinct_id":"u","timestamp":"' + "7" * 315 + '"}'),
    "a time of 315 digits in a call": (
        "segment",
        '{"type":"track","event":"e","userId":"u","timestamp":"' + "7" * 315 + '"}',
    ),
    "an exponent without an end": ("mixpanel", '{"event":"e","properties":{"distinct_id":"u","time":1e400}}'),
    "a batch of no objects": ("posthog-capture", '{"batch":[1,null,"x",[]]}'),
    "a batch beside an event": (None, '{"batch":[null],"event":"e"}'),
    "a batch that is none": ("segment", '{"batch":7,"type":"track","userId":"u"}'),
    "data that is no event": ("posthog-messages", '{"data":"[]","distinct_id":"u","uuid":"1"}'),
    "properties that end early": (
        "posthog-rows",
        '{"event":"e","distinct_id":"u","properties":"{\\"a\\":["}',
    ),
    "an id of a number of 30 digits": (None, f'{{"event":"e","distinct_id":{BIG}}}'),
    "a number of 6,000 digits": (None, '{"event":"e","distinct_id":"u","$set":{"n":' + "9" * 6000 + "}}"),
    "a surrogate in bytes": (None, '{"event":"e","distinct_id":"\udced\udca0\udc80"}'),
    "bytes that are not UTF-8": (None, '{"event":"\udcff\udcfe","distinct_id":"u"}'),
    "a byte of nothing": (None, "\0" * 10),
    "two objects": (None, '{"event":"e","distinct_id":"u"}{"event":"e","distinct_id":"u"}'),
    **{
        f"{what} nested {levels} deep": (dialect, line.replace("DEEP", deep(levels)).replace("BIG", BIG))
        for levels in (850, 917, 918, 919, 920, 921, 960, 973, 1_000, 3_000)
        for what, (dialect, line) in {
            "a value": (None, '{"event":"e","distinct_id":"u","$set":{"k":DEEP}}'),
            "a value beside a large number": (
                None,
                '{"event":"e","distinct_id":"u","$set":{"n":BIG,"k":DEEP}}',
            ),
            "an id": (None, '{"event":"e","distinct_id":DEEP}'),
            "an id of a call": ("segment", '{"type":"identify","userId":DEEP,"anonymousId":"a"}'),
            "a name": ("posthog-capture", '{"batch":[{"event":DEEP,"distinct_id":"u"}]}'),
            "what nobody reads": ("mixpanel", '{"event":"e","properties":{"distinct_id":"u","x":DEEP}}'),
            "a user's property": (
                "amplitude",
                '{"user_id":"u","event_type":"e","amplitude_id":1,"user_properties":{"a":DEEP}}',
            ),
        }.items()
    },
}
"""By what it is; half pairs from U+DC80 on are the bytes themselves, as in surrogateescape."""
