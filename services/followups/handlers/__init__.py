"""What the followups service does: one coroutine per message or order; load, decide, save, say."""
