"""``stammkunde head-office``: everything head office does from the command line."""
