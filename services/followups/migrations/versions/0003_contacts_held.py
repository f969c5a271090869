"""contacts held, versions of follow-up records, tasks that are taken on, one record per foreign id."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

ONE_PER_SOURCE = ('people', 'follow_ups')
CHANNEL = sa.Enum('call', 'visit', 'online_meeting', 'email', 'message', name='channel', native_enum=False, length=32)


def upgrade() -> None:
    """Add the tables, and find records by the id that another system gave them."""
    op.create_table('contacts_held',
    sa.Column('contact_held_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('opportunity_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('source_system', sa.Text(), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('held_at', sa.DateTime(timezone=True), nullable=False, comment='When the contact ended.'),
    sa.Column('channel', CHANNEL, nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('contact_held_id', name=op.f('pk_contacts_held')),
    comment='Contacts that took place, written down or not (R110, R111).'
    )
    op.create_index(op.f('ix_contacts_held_customer_id_held_at'), 'contacts_held', ['customer_id', 'held_at'])
    op.create_index(op.f('ix_contacts_held_opportunity_id'), 'contacts_held', ['opportunity_id'])
    op.create_index(op.f('ix_contacts_held_person_id'), 'contacts_held', ['person_id'])
    op.create_table('follow_up_versions',
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('follow_up_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', postgresql.JSONB(), nullable=False, comment='The record as it was.'),
    sa.PrimaryKeyConstraint('version_id', name=op.f('pk_follow_up_versions')),
    comment='Follow-up records as they were before each correction.'
    )
    op.create_index(op.f('ix_follow_up_versions_follow_up_id_sequence'), 'follow_up_versions', ['follow_up_id', 'sequence'], unique=True)
    op.create_table('task_acceptances',
    sa.Column('task_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False, comment='Counted by this service.'),
    sa.PrimaryKeyConstraint('task_id', name=op.f('pk_task_acceptances')),
    comment='Who took a task on last.'
    )
    op.create_index(op.f('ix_task_acceptances_person_id'), 'task_acceptances', ['person_id'])
    op.add_column('follow_ups', sa.Column('contact_held_id', sa.Uuid(), nullable=True, comment='The contact held that it writes down.'))
    op.add_column('follow_ups', sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True, comment='A deleted record stays, marked.'))
    op.add_column('follow_ups', sa.Column('deleted_because', sa.Text(), nullable=True))
    op.create_index(op.f('ix_follow_ups_contact_held_id'), 'follow_ups', ['contact_held_id'])
    for table in (*ONE_PER_SOURCE, 'contacts_held'):
        op.create_index(op.f(f'ix_{table}_source_system_external_id'), table, ['source_system', 'external_id'], unique=True, postgresql_where=sa.text('external_id is not null'))


def downgrade() -> None:
    """Forget it again."""
    for table in ONE_PER_SOURCE:
        op.drop_index(op.f(f'ix_{table}_source_system_external_id'), table_name=table)
    op.drop_column('follow_ups', 'deleted_because')
    op.drop_column('follow_ups', 'deleted_at')
    op.drop_column('follow_ups', 'contact_held_id')
    op.drop_table('task_acceptances')
    op.drop_table('follow_up_versions')
    op.drop_table('contacts_held')
