"""What the opportunities service does: one coroutine per message or order; load, decide, save, say."""
