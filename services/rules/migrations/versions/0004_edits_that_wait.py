"""edits that wait: what an edit takes away is confirmed first, and every version has its answer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the edit that waits, and with each version what it changed and moved."""
    op.create_table('pending_edits',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('files', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('losses', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='What of the version in force it takes away.'),
    sa.Column('findings', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='What contradicts common sense in it.'),
    sa.Column('since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False, comment='Database time.'),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_pending_edits')),
    comment='The edit of the rules that waits to be confirmed; at most one.'
    )
    op.add_column('rulesets', sa.Column('changed_rules', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False))
    op.add_column('rulesets', sa.Column('warnings', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False, comment='What the check warned of.'))
    for name in ('raised', 'escalated', 'reassigned', 'resolved'):
        op.add_column('rulesets', sa.Column(name, sa.Integer(), server_default='0', nullable=False))
    op.add_column('rulesets', sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True, comment='When whom it concerns had been evaluated; database time.'))
    op.execute("update rulesets set settled_at = published_at")


def downgrade() -> None:
    """Forget the edit that waits, and the answers."""
    for name in ('settled_at', 'resolved', 'reassigned', 'escalated', 'raised', 'warnings', 'changed_rules'):
        op.drop_column('rulesets', name)
    op.drop_table('pending_edits')
