"""What phones reach: their servers, and what these serve."""
