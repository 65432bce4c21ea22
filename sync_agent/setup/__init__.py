"""``stammkunde init``: from an empty folder to a till that knows who it is."""
