"""a record has any number of foreign ids, in a table of their own."""

import sqlalchemy as sa
from alembic import op
revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the ids there."""
    op.create_table('foreign_ids',
    sa.Column('record_kind', sa.Text(), nullable=False),
    sa.Column('source_system', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False, comment='Its place among the ids of the record, from 0.'),
    sa.PrimaryKeyConstraint('record_kind', 'source_system', 'external_id', name=op.f('pk_foreign_ids')),
    comment='The ids that other systems gave to the records of this service.'
    )
    op.create_index(op.f('ix_foreign_ids_record_id_number'), 'foreign_ids', ['record_id', 'number'], unique=True)
    op.create_table('directory_ids',
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('source_system', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('record_kind', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('record_id', 'source_system', 'external_id', name=op.f('pk_directory_ids')),
    comment='The foreign ids of the records in the directory.'
    )
    op.create_index(op.f('ix_directory_ids_record_kind_source_system_external_id'), 'directory_ids', ['record_kind', 'source_system', 'external_id'], unique=False)
    op.execute("""
        insert into directory_ids (record_id, source_system, external_id, record_kind)
        select record_id, source_system, external_id, kind from directory
        where source_system is not null and external_id is not null
    """)
    op.drop_index(op.f('ix_directory_kind_source_system_external_id'), table_name='directory')
    op.drop_column('directory', 'source_system')
    op.drop_column('directory', 'external_id')
    op.drop_index(op.f('ix_import_rows_what_record_id'), table_name='import_rows')
    op.drop_column('import_rows', 'source_system')
    op.drop_column('import_rows', 'external_id')


def downgrade() -> None:
    """Keep one id of each record."""
    op.add_column('import_rows', sa.Column('source_system', sa.Text()))
    op.add_column('import_rows', sa.Column('external_id', sa.Text()))
    op.create_index(op.f('ix_import_rows_what_record_id'), 'import_rows', ['what', 'record_id'])
    op.add_column('directory', sa.Column('source_system', sa.Text()))
    op.add_column('directory', sa.Column('external_id', sa.Text()))
    op.create_index(op.f('ix_directory_kind_source_system_external_id'), 'directory', ['kind', 'source_system', 'external_id'])
    op.execute("""
        update directory set source_system = one.source_system, external_id = one.external_id
        from (
            select distinct on (record_id) record_id, source_system, external_id
            from directory_ids order by record_id, source_system, external_id
        ) one
        where one.record_id = directory.record_id
    """)
    op.drop_table('directory_ids')
    op.drop_table('foreign_ids')
