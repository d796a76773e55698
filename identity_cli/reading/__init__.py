"""A log to events in the order of ingestion, each with its seq and origin, and what is watched on the way."""
