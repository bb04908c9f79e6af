"""what disputes say can be hidden"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('record_event') as batch_op:
        batch_op.add_column(sa.Column('hidden_reason', sa.String(length=200), nullable=True))


def downgrade():
    with op.batch_alter_table('record_event') as batch_op:
        batch_op.drop_column('hidden_reason')
