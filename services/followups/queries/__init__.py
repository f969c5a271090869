"""Read-only views of people, plans, contacts, records and tasks."""
