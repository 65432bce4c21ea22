"""A receipt printer without a printer: reads our bytes strictly, prints PNG files."""
