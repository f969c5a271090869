"""what happened to opportunities, and one opportunity per foreign id."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the history, and find opportunities by name and by the id that another system gave them."""
    op.create_table('opportunity_changes',
    sa.Column('change_id', sa.Uuid(), nullable=False),
    sa.Column('opportunity_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False, comment='The version that it led to.'),
    sa.Column('event', sa.Text(), nullable=False, comment='What was said about it, as stage_changed.'),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('fields', postgresql.JSONB(), nullable=False, comment='Each field that differs, with both values.'),
    sa.PrimaryKeyConstraint('change_id', name=op.f('pk_opportunity_changes')),
    comment='What happened to opportunities, field by field.'
    )
    op.create_index(op.f('ix_opportunity_changes_opportunity_id_sequence'), 'opportunity_changes', ['opportunity_id', 'sequence'], unique=True)
    op.create_index(op.f('ix_opportunities_natural_key'), 'opportunities', ['natural_key'])
    op.create_index(op.f('ix_opportunities_source_system_external_id'), 'opportunities', ['source_system', 'external_id'], unique=True, postgresql_where=sa.text('external_id is not null'))


def downgrade() -> None:
    """Forget it again."""
    op.drop_index(op.f('ix_opportunities_source_system_external_id'), table_name='opportunities')
    op.drop_index(op.f('ix_opportunities_natural_key'), table_name='opportunities')
    op.drop_table('opportunity_changes')
