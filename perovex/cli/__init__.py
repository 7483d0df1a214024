"""Command line: one module per command; parses arguments, shows progress, prints; no science."""
