"""Owns our people, follow-up plans, follow-up records, and the tasks as people's work.

Hears customers and opportunities (so that imports can name them) and tasks from the rules. Says
`person_changed`, `plan_changed`, `follow_up_recorded`, `task_completed` and `task_dismissed`. What people
write stays here; events carry no free text. Comes in by import of people, plans and follow-ups; is read
under `/v1/people`, `/v1/plans`, `/v1/follow-ups` and `/v1/tasks`, where tasks are completed and dismissed.
"""
