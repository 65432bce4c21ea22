"""Ways to a printer, one a file; each knows bytes and nothing of what they mean."""
