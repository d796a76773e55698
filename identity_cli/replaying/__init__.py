"""Wires reading, resolver and store: a log becomes a run, and a run's log is read again."""
