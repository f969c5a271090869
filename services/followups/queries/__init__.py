"""Read-only views of people, plans, contacts, records, tasks and notices."""
