"""Persons as a graph library sees them: json, an edge for each link, connected components."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import networkx  # type: ignore[import-untyped]  # nor has it stubs

LINKS = {"$identify": "$anon_distinct_id", "$create_alias": "alias", "$merge_dangerously": "alias"}


def main(log: str, folder: str) -> None:
    """Write ids.csv; properties stay in memory."""
    graph: Any = networkx.Graph()
    written: dict[str, dict[str, Any]] = {}
    with open(log, "rb") as lines:
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            properties = event.get("properties") or {}
            own = str(event.get("distinct_id", properties.get("distinct_id")))
            graph.add_node(own)
            other = properties.get(LINKS.get(event["event"]))
            if other is not None:
                graph.add_edge(own, str(other))
            if "$set" in properties:
                written.setdefault(own, {}).update(properties["$set"])
    with (Path(folder) / "ids.csv").open("w", newline="") as file:
        write = csv.writer(file).writerow
        persons = 0
        for persons, ids in enumerate(networkx.connected_components(graph), 1):
            for one in ids:
                write((one, persons))
    print(persons)


if __name__ == "__main__":
    main(*sys.argv[1:])
