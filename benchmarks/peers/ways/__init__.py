"""The ways to run calls, one module each (`with_<way>`), which gives `results`; what they have in common is `work`."""
