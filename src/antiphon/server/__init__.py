"""The HTTP side of a served app: health and metrics."""
