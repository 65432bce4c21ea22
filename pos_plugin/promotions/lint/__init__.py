"""Lint: what a generation of rules does to sales, found by running them before a till does."""
