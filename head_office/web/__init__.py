"""The owner's page: promotions, customers and tills in a browser, beside the tills' protocol."""
