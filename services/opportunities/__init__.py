"""Owns opportunities: their stage, their progress, their hold and how they ended, and the history of it.

Hears customers and people (so that references can name them). Says `opportunity_created`,
`opportunity_updated`, `stage_changed`, `opportunity_held`, `opportunity_resumed`, `opportunity_won` and
`opportunity_lost`. Comes in by import of opportunities, by the command `put_opportunity`, and over HTTP under
`/v1/opportunities`.
"""
