"""Events in, facts out: the rules of identity at work, standard library alone."""
