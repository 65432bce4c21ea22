"""The compiled form of the modules beside this package, built from the same sources (ADR 0006)."""
