"""Owns facts, decisions, obligations and the rules in force.

Hears every event of customers, followups and opportunities; keeps their records as facts, evaluates the
rules of `rules/` over them, and keeps the set of open tasks equal to what the rules and the facts imply.
Says `grade_decided`, `profile_decided`, `task_raised`, `task_escalated`, `task_reassigned`,
`task_resolved`, `notice_given`, `ruleset_published`, `ruleset_rejected`.
"""
