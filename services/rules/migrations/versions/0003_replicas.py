"""replicas: directories that were seen, marks of change, columns for what is looked up."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let several processes work side by side, and look things up by columns with an index."""
    op.create_table('seen_directories',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False, comment='Database time of the last time.'),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_seen_directories')),
    comment='Every state of the rules directory that was ever published or refused (A13).'
    )
    op.execute("insert into seen_directories (digest, seen_at) select digest, max(published_at) from rulesets group by digest")
    op.execute("insert into seen_directories (digest, seen_at) select digest, rejected_at from rejections on conflict do nothing")
    op.create_table('marks',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('mark', sa.Uuid(), nullable=False, comment='Another one after each change, never the same again.'),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_marks')),
    comment='Tells every process that what it keeps in memory is outdated.'
    )
    op.execute("insert into marks (name, mark) values ('people', gen_random_uuid())")
    op.drop_column('rulesets', 'is_settled')
    op.add_column('subjects', sa.Column('decided', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False, comment='The deciding row and the values of each decision.'))
    op.execute("""
        update subjects s set decided = d.decided
          from (select subject_id, jsonb_object_agg(decision, jsonb_build_array("row", "values")) as decided
                  from decisions group by subject_id) d
         where d.subject_id = s.subject_id""")
    op.add_column('fact_records', sa.Column('opportunity_id', sa.Uuid(), nullable=True, comment='The opportunity that another record is about.'))
    op.add_column('fact_records', sa.Column('number', sa.Text(), nullable=True, comment='What people call a customer by, as its name.'))
    op.add_column('fact_records', sa.Column('name', sa.Text(), nullable=True))
    op.execute("""
        update fact_records
           set opportunity_id = case when kind <> 'opportunity' then cast(state->>'opportunity_id' as uuid) end,
               number = state->>'customer_number',
               name = case when kind <> 'person' then state->>'name' end""")
    for column in ('opportunity_id', 'number', 'name'):
        op.create_index(op.f(f'ix_fact_records_{column}'), 'fact_records', [column], unique=False, postgresql_where=sa.text(f'{column} IS NOT NULL'))
    op.execute("alter table fact_records set (fillfactor = 85)")
    op.execute("alter table subjects set (fillfactor = 85)")


def downgrade() -> None:
    """Go back to one process."""
    for column in ('name', 'number', 'opportunity_id'):
        op.drop_index(op.f(f'ix_fact_records_{column}'), table_name='fact_records')
        op.drop_column('fact_records', column)
    op.drop_column('subjects', 'decided')
    op.add_column('rulesets', sa.Column('is_settled', sa.Boolean(), server_default=sa.true(), nullable=False, comment='Whom the change concerns has been marked as due.'))
    op.drop_table('marks')
    op.drop_table('seen_directories')
