"""What becomes durable: completed, parked, returned and voided sales, rentals, what they issue."""
