"""tasks by priority: from when each is overdue, and the columns by which open tasks are listed, worst first."""

import sqlalchemy as sa
from alembic import op
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

PRIORITY = ('severity_rank', 'urgent_at', 'grade_rank', 'amount_rank', 'anchor', 'customer_name', 'task_id')
INDEXES = {'ix_tasks_by_priority': PRIORITY, 'ix_tasks_by_assignee_and_priority': ('assignee_name', *PRIORITY)}
BEFORE = ('urgent_at', 'anchor', 'customer_name', 'task_id')
INDEXES_BEFORE = {f'ix_tasks_{"_".join(columns)}': columns for columns in (BEFORE, ('assignee_name', *BEFORE))}
OPEN = "obligation = 'open'"


def upgrade() -> None:
    """Keep for each task what its place depends on.

    Tasks do not say yet from when they are overdue. It is their deadline, or earlier: of a task that is a breach or a
    warning, the second rung that it reached; the first, if it reached no other and is a breach or has no deadline.
    """
    _replace_indexes(INDEXES_BEFORE, {})
    op.add_column('tasks', sa.Column('overdue_at', sa.DateTime(timezone=True), nullable=True, comment='None: it is never overdue.'))
    op.add_column('tasks', sa.Column('severity_rank', sa.SmallInteger(), server_default='2', nullable=False, comment='0: breach.'))
    op.add_column('tasks', sa.Column('grade_rank', sa.SmallInteger(), server_default='3', nullable=False, comment='0: A; 3: none.'))
    op.add_column('tasks', sa.Column('amount_rank', sa.Numeric(18, 2), server_default='0', nullable=False, comment='The amount, negated.'))
    op.alter_column('tasks', 'urgent_at', comment='From when it is overdue, else when the rung was reached.', existing_comment='The deadline, else when the rung was reached.')
    op.execute("""
        update tasks
           set severity_rank = array_position(array['breach', 'warning', 'normal'], state->>'severity') - 1,
               grade_rank = coalesce(array_position(array['A', 'B', 'C'], state->>'grade') - 1, 3),
               overdue_at = least(due_at, case
                   when state->>'severity' = 'normal' then null
                   when jsonb_array_length(state->'history') > 1 then cast(state->'history'->1->>'rung_at' as timestamptz)
                   when state->>'severity' = 'breach' or due_at is null then cast(state->>'rung_at' as timestamptz)
               end)""")
    op.execute("update tasks set urgent_at = coalesce(overdue_at, urgent_at)")
    op.create_index(op.f('ix_tasks_overdue_at'), 'tasks', ['overdue_at'], unique=False)
    _replace_indexes({}, INDEXES)


def downgrade() -> None:
    """Go by deadlines again."""
    _replace_indexes(INDEXES, {})
    op.drop_index(op.f('ix_tasks_overdue_at'), table_name='tasks')
    for column in ('overdue_at', 'severity_rank', 'grade_rank', 'amount_rank'):
        op.drop_column('tasks', column)
    op.alter_column('tasks', 'urgent_at', comment='The deadline, else when the rung was reached.', existing_comment='From when it is overdue, else when the rung was reached.')
    op.execute("update tasks set urgent_at = coalesce(due_at, cast(state->>'rung_at' as timestamptz))")
    _replace_indexes({}, INDEXES_BEFORE)


def _replace_indexes(old: dict[str, tuple[str, ...]], new: dict[str, tuple[str, ...]]) -> None:
    for name in old:
        op.drop_index(op.f(name), table_name='tasks', postgresql_where=sa.text(OPEN))
    for name, columns in new.items():
        op.create_index(op.f(name), 'tasks', columns, unique=False, postgresql_where=sa.text(OPEN))
