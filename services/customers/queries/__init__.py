"""Read-only views of customers and of all that belongs to them."""
