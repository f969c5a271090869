"""notices: those that the rules gave to people and queues, and their first reading."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

INDEXES = (('customer_id',), *((*recipient, 'given_at', 'notice_id') for recipient in ((), ('recipient_id',), ('recipient_name',))))


def upgrade() -> None:
    """Add the table; notices that were given before stay with the rules service."""
    op.create_table('notices',
    sa.Column('notice_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False, comment='Counted by the rules service.'),
    sa.Column('recipient_id', sa.Uuid(), nullable=True),
    sa.Column('recipient_name', sa.Text(), nullable=False, comment='Of the person or the queue, else the role.'),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', postgresql.JSONB(), nullable=False, comment='The notice as the rules gave it.'),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True, comment='When it was first read.'),
    sa.Column('read_by', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('notice_id', name=op.f('pk_notices')),
    comment='Notices of the rules to people and queues, with their first reading.'
    )
    for columns in INDEXES:
        op.create_index(op.f(f'ix_notices_{"_".join(columns)}'), 'notices', columns, unique=False)


def downgrade() -> None:
    """Forget them."""
    op.drop_table('notices')
