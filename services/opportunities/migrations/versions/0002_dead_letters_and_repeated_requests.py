"""dead letters by cause, answers to repeated requests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say more about dead letters, and remember the answers to requests with an Idempotency-Key."""
    op.create_table('idempotency_keys',
    sa.Column('route', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False, comment='The Idempotency-Key of a request.'),
    sa.Column('fingerprint', sa.Text(), nullable=False, comment='Of the request; another one may not use the key.'),
    sa.Column('status', sa.SmallInteger(), nullable=False),
    sa.Column('headers', postgresql.JSONB(), nullable=False),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('route', 'key', name=op.f('pk_idempotency_keys')),
    comment='Answers to requests that may come again, written in the transaction of their effects.'
    )
    op.create_index(op.f('ix_idempotency_keys_created_at'), 'idempotency_keys', ['created_at'], unique=False)
    op.add_column('dead_letters', sa.Column('headers', postgresql.JSONB(), nullable=True, comment='As they came with the message, where they are kept.'))
    op.add_column('dead_letters', sa.Column('fingerprint', sa.Text(), server_default='', nullable=False, comment='The same for the same cause.'))
    op.add_column('dead_letters', sa.Column('failed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False))
    op.add_column('dead_letters', sa.Column('discarded_at', sa.DateTime(timezone=True), nullable=True, comment='When an operator gave it up.'))
    op.add_column('dead_letters', sa.Column('discarded_because', sa.Text(), nullable=True))


def downgrade() -> None:
    """Forget it again."""
    op.drop_column('dead_letters', 'discarded_because')
    op.drop_column('dead_letters', 'discarded_at')
    op.drop_column('dead_letters', 'failed_at')
    op.drop_column('dead_letters', 'fingerprint')
    op.drop_column('dead_letters', 'headers')
    op.drop_table('idempotency_keys')
