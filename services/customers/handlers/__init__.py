"""What the customers service does: one coroutine per message or order; load, decide, save, say."""
