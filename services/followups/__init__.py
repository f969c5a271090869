"""Owns our people, plans, contacts held, follow-up records, and tasks and notices as people have them.

Hears customers and opportunities (so that references can name them), tasks and notices from the rules. Says
`person_changed`, `plan_changed`, `contact_held`, `follow_up_recorded`, `task_accepted`, `task_completed` and
`task_dismissed`. What people write stays here; events carry no free text. Comes in by import of people, plans
and follow-ups, by the commands `contact_held`, `record_follow_up` and `put_person`, and over HTTP under
`/v1/people`, `/v1/plans`, `/v1/contacts-held`, `/v1/follow-ups`, `/v1/tasks` and `/v1/notices`.
"""
