"""tasks by urgency: columns and indexes by which open tasks are listed, most urgent first."""

import sqlalchemy as sa
from alembic import op
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

COLUMNS = ('urgent_at', 'anchor', 'customer_name')
INDEXES = ((*COLUMNS, 'task_id'), ('assignee_name', *COLUMNS, 'task_id'))
OPEN = "obligation = 'open'"


def upgrade() -> None:
    """Keep beside the state of a task what its place in a list depends on."""
    op.add_column('tasks', sa.Column('urgent_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False, comment='The deadline, else when the rung was reached.'))
    op.add_column('tasks', sa.Column('anchor', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False, comment='Since when there is cause for it.'))
    op.add_column('tasks', sa.Column('customer_name', sa.Text(collation='C'), server_default='', nullable=False))
    op.execute("""
        update tasks
           set urgent_at = coalesce(due_at, cast(state->>'rung_at' as timestamptz)),
               anchor = cast(state->>'anchor' as timestamptz),
               customer_name = state->>'customer_name',
               assignee_name = coalesce(assignee_name, state->'assignee'->>'role')""")
    op.alter_column('tasks', 'assignee_name', comment='Of the person or the queue, else the role.', existing_comment='Of the person or the queue.')
    for columns in INDEXES:
        op.create_index(op.f(f'ix_tasks_{"_".join(columns)}'), 'tasks', columns, unique=False, postgresql_where=sa.text(OPEN))


def downgrade() -> None:
    """Forget them again."""
    for columns in INDEXES:
        op.drop_index(op.f(f'ix_tasks_{"_".join(columns)}'), table_name='tasks', postgresql_where=sa.text(OPEN))
    op.alter_column('tasks', 'assignee_name', comment='Of the person or the queue.', existing_comment='Of the person or the queue, else the role.')
    for column in COLUMNS:
        op.drop_column('tasks', column)
