"""Files of a shop (CSV, JSON) become rows of its till, all of a file or nothing."""
