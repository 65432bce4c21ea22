"""What tills say: events taken once, and what they change."""
