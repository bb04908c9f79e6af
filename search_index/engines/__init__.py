"""One file an engine: the only ones that know its library."""
