"""What else would tell who is who from the same file, each as a small program, to stand beside a replay.

    python -m tests.bench.peers.NAME LOG FOLDER

Each reads the whole log, writes ids.csv (distinct id, person) into the folder, and prints how many persons
it found. None does what a replay does; CANNOT says what each leaves out.
"""

CANNOT = {
    "duckdb_sql": "who was whose when: links are edges, none is ever refused; no warnings, no history",
    "networkx_graph": "who was whose when: links are edges, none is ever refused; no warnings, no history",
    "dict_resolver": "illegal ids, the buffer, versions of the rules; why, what was lost, and where",
}
