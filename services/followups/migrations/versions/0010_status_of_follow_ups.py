"""where a recorded follow-up stands."""

import sqlalchemy as sa
from alembic import op
revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

STATUS = sa.Enum('open', 'waiting_customer', 'done', name='planstatus', native_enum=False, length=32)


def upgrade() -> None:
    """Add the status; records that are there have none."""
    op.add_column('follow_ups', sa.Column('status', STATUS, nullable=True))


def downgrade() -> None:
    """Forget it again."""
    op.drop_column('follow_ups', 'status')
