"""Two answers to who is who, held against each other."""
