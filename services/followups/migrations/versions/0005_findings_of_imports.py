"""what an import has not used or not understood."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for the findings; past imports have none."""
    op.add_column('imports', sa.Column('findings', postgresql.JSONB(), server_default='{}', nullable=False, comment='What was not understood.'))


def downgrade() -> None:
    """Forget the findings again."""
    op.drop_column('imports', 'findings')
