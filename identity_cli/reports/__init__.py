"""Questions to a finished run, answered as records; how they look is the command line's affair."""
