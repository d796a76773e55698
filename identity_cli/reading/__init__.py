"""A log on its way to events: what its first lines settle."""
