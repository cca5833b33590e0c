"""What the words mean: countries, materials, stages, sources and the columns of every table."""
