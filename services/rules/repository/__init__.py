"""In and out of PostgreSQL for the rules service; bulk statements, since work comes in batches."""
