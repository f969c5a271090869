"""What the followups service decides: our people, what they plan, what they wrote down, and their tasks.

Every method that changes something counts `sequence` up by one and returns what changed; `now` is the
business instant.
"""
