"""Step 08: several columns at once, and forecasts of a range instead of a point."""
