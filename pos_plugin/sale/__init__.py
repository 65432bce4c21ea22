"""A sale in values: as the till sends it, at list price, as charged, as taken back. No I/O."""
