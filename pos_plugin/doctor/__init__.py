"""``stammkunde doctor``: looks at everything a till stands on and changes nothing."""
