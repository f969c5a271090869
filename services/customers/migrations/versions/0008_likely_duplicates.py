"""by what the names of likely duplicates are found."""

import sqlalchemy as sa
from alembic import op
from services.customers.domain.likeness import likeness_key
revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

BATCH = 10_000
NEXT = sa.text("select customer_id, name from customers where likeness_key is null limit :batch for update")
SET = sa.text("""
    update customers set likeness_key = made.likeness_key
      from unnest(cast(:ids as uuid[]), cast(:keys as text[])) as made (customer_id, likeness_key)
     where customers.customer_id = made.customer_id
""")


def upgrade() -> None:
    """Make the key of every name that is there."""
    op.add_column('customers', sa.Column('likeness_key', sa.Text(), nullable=True, comment="Of names that are likely one company's."))
    while rows := op.get_bind().execute(NEXT, {'batch': BATCH}).all():
        keys = [likeness_key(row.name) for row in rows]
        op.get_bind().execute(SET, {'ids': [row.customer_id for row in rows], 'keys': keys})
    op.create_index(op.f('ix_customers_likeness_key_customer_id'), 'customers', ['likeness_key', 'customer_id'], unique=False)


def downgrade() -> None:
    """Forget the keys again."""
    op.drop_column('customers', 'likeness_key')
