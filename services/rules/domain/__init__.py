"""What the rules service decides, without a database: facts from records, recipients, obligations."""
