"""who looked at which contact data."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of reveals."""
    op.create_table('contact_reveals',
    sa.Column('reveal_id', sa.Uuid(), nullable=False),
    sa.Column('contact_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('revealed_by', sa.Text(), nullable=False, comment="The caller's name."),
    sa.Column('address', sa.Text(), nullable=False, comment='From where the caller asked.'),
    sa.Column('fields', postgresql.ARRAY(sa.Text()), nullable=False, comment='Which fields were shown, not what they say.'),
    sa.Column('reason', sa.Text(), nullable=True, comment='As the caller gave it.'),
    sa.Column('revealed_at', sa.DateTime(timezone=True), nullable=False, comment='The business instant.'),
    sa.Column('logged_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.PrimaryKeyConstraint('reveal_id', name=op.f('pk_contact_reveals')),
    comment='Who looked at which contact data; rows are added and never changed (K8).'
    )
    op.create_index(op.f('ix_contact_reveals_contact_id'), 'contact_reveals', ['contact_id'], unique=False)
    op.create_index(op.f('ix_contact_reveals_customer_id_reveal_id'), 'contact_reveals', ['customer_id', 'reveal_id'], unique=False)


def downgrade() -> None:
    """Forget who looked."""
    op.drop_table('contact_reveals')
