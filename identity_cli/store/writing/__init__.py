"""A run is written once: the journal while the log is replayed, the tables at its end."""
