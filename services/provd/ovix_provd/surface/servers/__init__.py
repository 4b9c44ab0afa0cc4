"""What serves files to phones."""
