"""The log of a run once more, or the lines of it that matter, for what its tables do not answer."""
