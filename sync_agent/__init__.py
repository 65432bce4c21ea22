"""The agent beside a till: what the till booked goes up, what head office knows comes down."""
