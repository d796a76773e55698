"""A run, a person or two runs as one HTML page that loads nothing."""
