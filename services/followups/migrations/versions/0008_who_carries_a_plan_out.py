"""who carries a plan out: its assignee, beside its owner."""

import sqlalchemy as sa
from alembic import op
revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Plans that are there have no assignee: their owners carry them out, as before."""
    op.add_column('plans', sa.Column('assignee_id', sa.Uuid(), nullable=True))
    op.create_index(op.f('ix_plans_assignee_id'), 'plans', ['assignee_id'], unique=False)


def downgrade() -> None:
    """Forget who carries plans out."""
    op.drop_index(op.f('ix_plans_assignee_id'), table_name='plans')
    op.drop_column('plans', 'assignee_id')
