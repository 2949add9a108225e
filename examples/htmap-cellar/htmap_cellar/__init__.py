"""The transfer protocol cellar of HTMap."""
