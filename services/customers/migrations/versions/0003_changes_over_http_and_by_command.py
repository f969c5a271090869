"""what people and other systems change: who, what and when; what was heard; indexes of the filters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the history, and the indexes by which customers are narrowed and found."""
    op.create_table('customer_changes',
    sa.Column('change_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('record_kind', sa.Text(), nullable=False),
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('old', postgresql.JSONB(), nullable=True, comment='Personal data masked.'),
    sa.Column('new', postgresql.JSONB(), nullable=True, comment='Personal data masked.'),
    sa.Column('by', sa.Text(), nullable=False, comment='http, import, event, or command and its system.'),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('change_id', name=op.f('pk_customer_changes')),
    comment='Every change of a field of a customer, its contacts and its purchases.'
    )
    op.create_index(op.f('ix_customer_changes_customer_id_change_id'), 'customer_changes', ['customer_id', 'change_id'], unique=False)
    op.create_table('seen_moments',
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False, comment='The type of the event, without owner and version.'),
    sa.Column('record_kind', sa.Text(), nullable=False),
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('data', postgresql.JSONB(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_seen_moments')),
    comment='What other services said of customers, for the timeline.'
    )
    op.create_index(op.f('ix_seen_moments_customer_id_occurred_at'), 'seen_moments', ['customer_id', 'occurred_at'], unique=False)
    op.drop_index(op.f('ix_customers_owner_id'), table_name='customers')
    op.create_index(op.f('ix_customers_owner_id_customer_id'), 'customers', ['owner_id', 'customer_id'], unique=False)
    op.create_index(op.f('ix_customers_industry_customer_id'), 'customers', ['industry', 'customer_id'], unique=False)
    op.create_index(op.f('ix_customers_lifecycle_customer_id'), 'customers', ['lifecycle', 'customer_id'], unique=False)
    op.create_index(op.f('ix_customers_source_system_external_id'), 'customers', ['source_system', 'external_id'], unique=True, postgresql_where=sa.text('external_id is not null'))
    op.create_index(op.f('ix_purchases_source_system_external_id'), 'purchases', ['source_system', 'external_id'], unique=True, postgresql_where=sa.text('external_id is not null'))
    op.create_index(op.f('ix_seen_profiles_dormant'), 'seen_profiles', ['customer_id'], unique=False, postgresql_where=sa.text('dormant'))
    op.create_index(op.f('ix_seen_profiles_churn_risk'), 'seen_profiles', ['customer_id'], unique=False, postgresql_where=sa.text('churn_risk'))


def downgrade() -> None:
    """Forget the history again."""
    op.drop_index(op.f('ix_seen_profiles_churn_risk'), table_name='seen_profiles')
    op.drop_index(op.f('ix_seen_profiles_dormant'), table_name='seen_profiles')
    op.drop_index(op.f('ix_purchases_source_system_external_id'), table_name='purchases')
    op.drop_index(op.f('ix_customers_source_system_external_id'), table_name='customers')
    op.drop_index(op.f('ix_customers_lifecycle_customer_id'), table_name='customers')
    op.drop_index(op.f('ix_customers_industry_customer_id'), table_name='customers')
    op.drop_index(op.f('ix_customers_owner_id_customer_id'), table_name='customers')
    op.create_index(op.f('ix_customers_owner_id'), 'customers', ['owner_id'], unique=False)
    op.drop_table('seen_moments')
    op.drop_table('customer_changes')
