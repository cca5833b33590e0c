"""Press text to coded claims with their quotes. Knows no tables."""
