"""who carries a plan out: the assignee of a subject, beside its owner."""

import sqlalchemy as sa
from alembic import op
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Subjects that are there have no assignee yet."""
    op.add_column('subjects', sa.Column('assignee_id', sa.Uuid(), nullable=True))
    op.create_index(op.f('ix_subjects_assignee_id'), 'subjects', ['assignee_id'], unique=False)


def downgrade() -> None:
    """Forget who carries plans out."""
    op.drop_index(op.f('ix_subjects_assignee_id'), table_name='subjects')
    op.drop_column('subjects', 'assignee_id')
