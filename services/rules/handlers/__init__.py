"""What the rules service does: one coroutine per message or command; load, decide, save, emit."""
