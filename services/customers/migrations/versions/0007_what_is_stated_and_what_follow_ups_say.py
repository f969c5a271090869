"""what people and lists state of a customer, apart from what follows; records of contacts."""

import sqlalchemy as sa
from alembic import op
revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

LIFECYCLE = sa.Enum('prospect', 'signing', 'customer', 'lost', name='lifecycle', native_enum=False, length=32)
INTENT = sa.Enum('high', 'mid', 'low', name='intent', native_enum=False, length=32)


def upgrade() -> None:
    """Carry over who was marked as lost, each intent, and when contacts took place."""
    op.add_column('customers', sa.Column('stated_lifecycle', LIFECYCLE, nullable=True, comment='By a list, a person or another system.'))
    op.add_column('customers', sa.Column('lifecycle_stated_at', sa.DateTime(timezone=True), nullable=True, comment='As of when.'))
    op.add_column('customers', sa.Column('stated_intent', INTENT, nullable=True, comment='By a list, a person or another system.'))
    op.add_column('customers', sa.Column('intent_stated_at', sa.DateTime(timezone=True), nullable=True))
    op.execute("""
        update customers
           set stated_lifecycle = case when lost_at is not null then 'lost' end, lifecycle_stated_at = lost_at,
               stated_intent = intent, intent_stated_at = case when intent is not null then updated_at end
         where lost_at is not null or intent is not null
    """)
    # The column stays for replicas of the earlier release, which write it.
    op.alter_column('customers', 'lost_at', comment='Written by replicas of an earlier release only.', existing_comment='When it was last marked as lost by hand.')
    op.create_table('seen_follow_ups',
    sa.Column('follow_up_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('intent', INTENT, nullable=True),
    sa.Column('deleted', sa.Boolean(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('follow_up_id', name=op.f('pk_seen_follow_ups')),
    comment='Records of contacts as they were published last; last contact and intent follow from them.'
    )
    op.execute("""
        insert into seen_follow_ups (follow_up_id, customer_id, occurred_at, deleted, sequence)
        select record_id, customer_id, occurred_at, coalesce((data ->> 'deleted')::boolean, false), sequence
          from seen_moments
         where kind = 'follow_up_recorded'
    """)
    op.create_index(op.f('ix_seen_follow_ups_customer_id_occurred_at'), 'seen_follow_ups', ['customer_id', 'occurred_at'], unique=False, postgresql_where=sa.text('not deleted'))


def downgrade() -> None:
    """Forget it again; who was stated to be lost stays so."""
    op.drop_table('seen_follow_ups')
    op.alter_column('customers', 'lost_at', comment='When it was last marked as lost by hand.')
    op.execute("update customers set lost_at = case when stated_lifecycle = 'lost' then lifecycle_stated_at end")
    for column in ('intent_stated_at', 'stated_intent', 'lifecycle_stated_at', 'stated_lifecycle'):
        op.drop_column('customers', column)
