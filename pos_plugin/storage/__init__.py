"""Schema and queries of journal and cache: the only SQL of a till, one writer a file."""
