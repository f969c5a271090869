"""Owns opportunities: their stage, their progress, their hold and how they ended.

Hears customers and people (so that imports can name them). Says `opportunity_created`,
`opportunity_updated`, `stage_changed`, `opportunity_held`, `opportunity_resumed`, `opportunity_won` and
`opportunity_lost`. Comes in by import of opportunities; is read under `/v1/opportunities`.
"""
