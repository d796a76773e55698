"""What a dialect costs: the same events, told in each form, replayed against the plain form.

python -m tests.bench.dialects [--events 1000000] [--runs 3]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

BATCH = 20
Event = dict[str, Any]


def plain(events: Iterable[Event]) -> Iterator[Any]:
    """PostHog events, one a line."""
    yield from events


def capture(events: Iterable[Event]) -> Iterator[Any]:
    """Bodies of several events."""
    batch: list[Event] = []
    for event in events:
        batch.append(event)
        if len(batch) == BATCH:
            yield {"api_key": "phc", "batch": batch}
            batch = []
    if batch:
        yield {"api_key": "phc", "batch": batch}


def messages(events: Iterable[Event]) -> Iterator[Any]:
    """The event as text in `data`."""
    for event in events:
        yield {**_outer(event), "ip": "203.0.113.9", "token": "phc", "data": json.dumps(event)}


def rows(events: Iterable[Event]) -> Iterator[Any]:
    """The properties as text."""
    for event in events:
        inside = {**event["properties"], **{key: event[key] for key in ("$set", "$set_once") if key in event}}
        yield {
            **{key: value for key, value in event.items() if key not in ("properties", "$set", "$set_once")},
            "distinct_id": event.get("distinct_id") or inside.get("distinct_id"),
            "properties": json.dumps(inside),
        }


def segment(events: Iterable[Event]) -> Iterator[Any]:
    """Calls: the links and writes that a call can tell."""
    kinds = {"$identify": "identify", "$create_alias": "alias", "$set": "identify"}
    for event in events:
        inside = event["properties"]
        kind = kinds.get(event["event"], "track")
        yield {
            "type": kind,
            "event": event["event"],
            "userId": event.get("distinct_id") or inside.get("distinct_id"),
            "anonymousId": inside.get("$anon_distinct_id"),
            "previousId": inside.get("alias"),
            "traits": {**inside.get("$set", {}), **event.get("$set", {})},
            "properties": inside,
            "messageId": event.get("uuid"),
            "timestamp": event.get("timestamp"),
            "receivedAt": event.get("now"),
            "writeKey": "key",
        }


def mixpanel(events: Iterable[Event]) -> Iterator[Any]:
    """Events with a token and seconds."""
    for event in events:
        inside = event["properties"]
        own = event.get("distinct_id") or inside.get("distinct_id")
        more = {"distinct_id": own, "time": event.get("timestamp"), "mp_lib": "web"}
        more |= {"mp_processing_time_ms": _milliseconds(event.get("now")), "$insert_id": event.get("uuid")}
        if event["event"] == "$identify":
            more |= {"$identified_id": own, "$anon_id": inside.get("$anon_distinct_id")}
        yield {"event": event["event"], "properties": {**_without_device(inside), **more}}


def amplitude(events: Iterable[Event]) -> Iterator[Any]:
    """Lines with a user and a device."""
    for event in events:
        inside = event["properties"]
        own = event.get("distinct_id") or inside.get("distinct_id")
        yield {
            "event_type": event["event"],
            "user_id": None if own == inside.get("$device_id") else own,
            "device_id": inside.get("$anon_distinct_id") or inside.get("$device_id"),
            "amplitude_id": 1,
            "event_time": event.get("timestamp"),
            "server_upload_time": (event.get("now") or "").replace("T", " ").rstrip("Z"),
            "uuid": event.get("uuid"),
            "user_properties": {},
            "event_properties": _without_device(inside),
        }


FORMS: dict[str, Callable[[Iterable[Event]], Iterator[Any]]] = {
    "posthog": plain,
    "posthog-capture": capture,
    "posthog-messages": messages,
    "posthog-rows": rows,
    "segment": segment,
    "mixpanel": mixpanel,
    "amplitude": amplitude,
}


def main() -> None:
    """Write the forms, replay them in turn, print ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _generate(folder / "log", asked.events)
        for form, tell in FORMS.items():
            with open(folder / form, "w") as file:
                file.writelines(
                    json.dumps(line, separators=(",", ":")) + "\n" for line in tell(_events(folder / "log"))
                )
        times: dict[str, list[float]] = {form: [] for form in FORMS}
        for _ in range(asked.runs):
            for form in FORMS:
                times[form].append(_seconds(folder, form))
        for form, measured in times.items():
            ratios = sorted(mine / base for mine, base in zip(measured, times["posthog"], strict=True))
            size = (folder / form).stat().st_size / asked.events
            spread = f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
            print(f"{form:17} {statistics.median(ratios):.2f}  {spread}  {size:6.0f} bytes an event")


def _generate(path: Path, events: int) -> None:
    command = [sys.executable, "-m", "tests.bench.generate", "realistic", str(path), "--events", str(events)]
    subprocess.run(command, check=True)


def _events(path: Path) -> Iterator[Event]:
    for line in open(path, "rb"):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and isinstance(event.get("properties"), dict):
            yield event


def _outer(event: Event) -> Event:
    return {key: event[key] for key in ("uuid", "distinct_id", "now", "timestamp") if key in event}


def _without_device(inside: Event) -> Event:
    return {key: value for key, value in inside.items() if key not in ("$user_id", "$lib")}


def _milliseconds(moment: str | None) -> int | None:
    return None if moment is None else int(datetime.fromisoformat(moment).timestamp() * 1000)


def _seconds(folder: Path, form: str) -> float:
    run = folder / "run"
    command = [
        sys.executable,
        "-m",
        "identity_cli",
        "replay",
        str(folder / form),
        "--run",
        str(run),
        "--quiet",
    ]
    started = time.perf_counter()
    subprocess.run([*command, "--dialect", form], check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
