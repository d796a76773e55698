"""From a log to its events in ingestion order, and what is watched on the way."""
