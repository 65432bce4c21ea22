"""``stammkunde printer``: what stands on the counter, whether it prints, and what it was told."""
