"""Papers as data: templates with placeholders, filled into documents (printing.md P6 to P8)."""
