"""What every service stands on: storage, the event log, delivery, time, errors, imports."""
