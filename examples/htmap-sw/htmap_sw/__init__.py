"""The delivery method sw of HTMap."""
