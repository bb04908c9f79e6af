"""the registry and its log"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


APPEND_ONLY = ("ledger_entry", "ledger_checkpoint")


def guard():
    """The database itself refuses to change what was signed."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for table in APPEND_ONLY:
        for deed in ("UPDATE", "DELETE"):
            name = f"{table}_refuses_{deed.lower()}"
            refusal = f"'{table} is append-only'"
            if is_postgres:
                op.execute(
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                    f"$$ BEGIN RAISE EXCEPTION {refusal}; END $$"
                )
                op.execute(f"CREATE TRIGGER {name} BEFORE {deed} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
            else:
                op.execute(f"CREATE TRIGGER {name} BEFORE {deed} ON {table} BEGIN SELECT RAISE(ABORT, {refusal}); END")


def unguard():
    """The triggers go with their tables, their functions stay behind on PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            for deed in ("update", "delete"):
                op.execute(f"DROP FUNCTION IF EXISTS {table}_refuses_{deed}() CASCADE")


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
LISTING = "'resources.listing'"
IS_UNTOLD = sa.text("need_told_at IS NULL OR listing_told_at IS NULL")


def name_by_kind():
    """Matches and refusals keep their numbers and what was told, and name what fits by kind and number from now on."""
    op.execute(
        "INSERT INTO need_match (id, need_id, kind, ref_id, owner_id, score, found_at, need_told_at, owner_told_at) "
        f"SELECT old.id, old.need_id, {LISTING}, old.listing_id, listing.owner_id, old.score, old.found_at, "
        "old.need_told_at, old.listing_told_at FROM match AS old JOIN listing ON listing.id = old.listing_id"
    )
    op.execute(
        "INSERT INTO need_refusal (need_id, kind, ref_id, side, user_id, reason, words, created_at) "
        f"SELECT need_id, {LISTING}, listing_id, side, user_id, reason, words, created_at FROM match_refusal"
    )
    count_on("need_match")
    op.drop_table("match_refusal")
    op.drop_table("match")


def name_listings_alone():
    """As they were: what is no listing has no place there."""
    op.create_table(
        "match",
        sa.Column("id", BIG, nullable=False),
        sa.Column("need_id", BIG, nullable=False),
        sa.Column("listing_id", BIG, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("need_told_at", MOMENT, nullable=True),
        sa.Column("listing_told_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_match_listing_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_match_need_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match")),
        sa.UniqueConstraint("need_id", "listing_id", name=op.f("uq_match_need_id_listing_id")),
    )
    op.create_index("ix_match_listing_id", "match", ["listing_id"])
    op.create_index("ix_match_untold", "match", ["score"], sqlite_where=IS_UNTOLD, postgresql_where=IS_UNTOLD)
    op.create_table(
        "match_refusal",
        sa.Column("need_id", BIG, nullable=False),
        sa.Column("listing_id", BIG, nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_match_refusal_listing_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_match_refusal_need_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_match_refusal_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("need_id", "listing_id", "side", name=op.f("pk_match_refusal")),
    )
    op.create_index("ix_match_refusal_listing_id", "match_refusal", ["listing_id"])
    op.create_index("ix_match_refusal_user_id", "match_refusal", ["user_id"])
    op.execute(
        "INSERT INTO match (id, need_id, listing_id, score, found_at, need_told_at, listing_told_at) "
        "SELECT id, need_id, ref_id, score, found_at, need_told_at, owner_told_at FROM need_match "
        f"WHERE kind = {LISTING} AND ref_id IN (SELECT id FROM listing)"
    )
    op.execute(
        "INSERT INTO match_refusal (need_id, listing_id, side, user_id, reason, words, created_at) "
        "SELECT need_id, ref_id, side, user_id, reason, words, created_at FROM need_refusal "
        f"WHERE kind = {LISTING} AND ref_id IN (SELECT id FROM listing)"
    )
    count_on("match")


def count_on(table):
    """PostgreSQL does not see the numbers that were brought along, and would give them once more."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
            f"coalesce((SELECT max(id) FROM {table}), 0) + 1, false)"
        )


def upgrade():
    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table('ledger_log',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('origin', sa.String(length=120), nullable=False),
    sa.Column('label', sa.String(length=12), nullable=False),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('root', sa.LargeBinary(length=32), nullable=False),
    sa.Column('is_frozen', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_log')),
    sa.UniqueConstraint('label', name=op.f('uq_ledger_log_label')),
    sa.UniqueConstraint('origin', name=op.f('uq_ledger_log_origin'))
    )
    op.create_table('bitcoin_stamp',
    sa.Column('log_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('proof', sa.LargeBinary(), nullable=True),
    sa.Column('block', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('attempts', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('last_error', sa.String(length=500), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ask_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['log_id'], ['ledger_log.id'], name=op.f('fk_bitcoin_stamp_log_id')),
    sa.PrimaryKeyConstraint('log_id', 'size', name=op.f('pk_bitcoin_stamp'))
    )
    with op.batch_alter_table('bitcoin_stamp', schema=None) as batch_op:
        batch_op.create_index('ix_bitcoin_stamp_block_ask_at', ['block', 'ask_at'], unique=False)

    op.create_table('ledger_checkpoint',
    sa.Column('log_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('root', sa.LargeBinary(length=32), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['log_id'], ['ledger_log.id'], name=op.f('fk_ledger_checkpoint_log_id')),
    sa.PrimaryKeyConstraint('log_id', 'size', name=op.f('pk_ledger_checkpoint'))
    )
    op.create_table('ledger_cosignature',
    sa.Column('log_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('vkey', sa.String(length=2000), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.Column('stated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['log_id'], ['ledger_log.id'], name=op.f('fk_ledger_cosignature_log_id')),
    sa.PrimaryKeyConstraint('log_id', 'size', 'vkey', name=op.f('pk_ledger_cosignature'))
    )
    op.create_table('ledger_entry',
    sa.Column('log_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('index', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('leaf_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('leaf', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['log_id'], ['ledger_log.id'], name=op.f('fk_ledger_entry_log_id')),
    sa.PrimaryKeyConstraint('log_id', 'index', name=op.f('pk_ledger_entry')),
    sa.UniqueConstraint('leaf_hash', name=op.f('uq_ledger_entry_leaf_hash'))
    )
    op.create_table('ledger_pending',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('log_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('leaf_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('leaf', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['log_id'], ['ledger_log.id'], name=op.f('fk_ledger_pending_log_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_pending')),
    sa.UniqueConstraint('leaf_hash', name=op.f('uq_ledger_pending_leaf_hash'))
    )
    with op.batch_alter_table('ledger_pending', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ledger_pending_log_id'), ['log_id'], unique=False)

    op.create_table('ledger_tile',
    sa.Column('log_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('level', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('n', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('hashes', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['log_id'], ['ledger_log.id'], name=op.f('fk_ledger_tile_log_id')),
    sa.PrimaryKeyConstraint('log_id', 'level', 'n', name=op.f('pk_ledger_tile'))
    )
    op.create_table('record',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('log_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('leaf_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('commitment', sa.LargeBinary(length=32), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('owner_key', sa.String(length=200), nullable=False),
    sa.Column('last_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('audience', sa.String(length=80), nullable=False),
    sa.Column('is_disputed', sa.Boolean(), nullable=False),
    sa.Column('next_key', sa.String(length=200), nullable=True),
    sa.Column('next_owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('after_size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('lang', sa.String(length=12), nullable=False),
    sa.Column('embargo_until', sa.Date(), nullable=True),
    sa.Column('embargo_mode', sa.String(length=8), nullable=False),
    sa.Column('disclosed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['log_id'], ['ledger_log.id'], name=op.f('fk_record_log_id')),
    sa.ForeignKeyConstraint(['next_owner_id'], ['user.id'], name=op.f('fk_record_next_owner_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_record_owner_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['record.id'], name=op.f('fk_record_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_record')),
    sa.UniqueConstraint('commitment', name=op.f('uq_record_commitment')),
    sa.UniqueConstraint('leaf_hash', name=op.f('uq_record_leaf_hash'))
    )
    with op.batch_alter_table('record', schema=None) as batch_op:
        batch_op.create_index('ix_record_audience_id', ['audience', 'id'], unique=False)
        batch_op.create_index('ix_record_embargo_until', ['embargo_until'], unique=False)
        batch_op.create_index(batch_op.f('ix_record_log_id'), ['log_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_record_next_owner_id'), ['next_owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_record_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index('ix_record_owner_id_id', ['owner_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_record_parent_id'), ['parent_id'], unique=False)

    op.create_table('need_match',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('need_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('ref_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('need_told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('owner_told_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['need_id'], ['need.id'], name=op.f('fk_need_match_need_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_need_match_owner_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_need_match')),
    sa.UniqueConstraint('need_id', 'kind', 'ref_id', name=op.f('uq_need_match_need_id_kind_ref_id'))
    )
    with op.batch_alter_table('need_match', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_need_match_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index('ix_need_match_untold', ['score'], unique=False, sqlite_where=sa.text('need_told_at IS NULL OR owner_told_at IS NULL'), postgresql_where=sa.text('need_told_at IS NULL OR owner_told_at IS NULL'))

    op.create_table('need_refusal',
    sa.Column('need_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('ref_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('side', sa.String(length=10), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(length=12), nullable=False),
    sa.Column('words', sa.String(length=300), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['need_id'], ['need.id'], name=op.f('fk_need_refusal_need_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_need_refusal_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('need_id', 'kind', 'ref_id', 'side', name=op.f('pk_need_refusal'))
    )
    with op.batch_alter_table('need_refusal', schema=None) as batch_op:
        batch_op.create_index('ix_need_refusal_kind_ref_id', ['kind', 'ref_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_need_refusal_user_id'), ['user_id'], unique=False)

    op.create_table('record_deposit',
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opening', sa.Text(), nullable=True),
    sa.Column('salt', sa.String(length=64), nullable=True),
    sa.Column('authors', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
    sa.Column('manifest', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
    sa.Column('custody', sa.LargeBinary(), nullable=True),
    sa.Column('next_custody', sa.LargeBinary(), nullable=True),
    sa.Column('presigned', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_record_deposit_record_id')),
    sa.PrimaryKeyConstraint('record_id', name=op.f('pk_record_deposit'))
    )
    op.create_table('record_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('type', sa.String(length=12), nullable=False),
    sa.Column('leaf_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('details', sa.Text(), nullable=True),
    sa.Column('salt', sa.String(length=64), nullable=True),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_record_event_actor_id')),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_record_event_record_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_record_event')),
    sa.UniqueConstraint('leaf_hash', name=op.f('uq_record_event_leaf_hash'))
    )
    with op.batch_alter_table('record_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_record_event_actor_id'), ['actor_id'], unique=False)
        batch_op.create_index('ix_record_event_record_id_id', ['record_id', 'id'], unique=False)

    op.create_table('record_party',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('role', sa.String(length=12), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('share', sa.String(length=40), nullable=False),
    sa.Column('id_commit', sa.String(length=64), nullable=False),
    sa.Column('vkey', sa.String(length=200), nullable=True),
    sa.Column('paths', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
    sa.Column('message', sa.String(length=500), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_record_party_record_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_record_party_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_record_party'))
    )
    with op.batch_alter_table('record_party', schema=None) as batch_op:
        batch_op.create_index('ix_record_party_record_id', ['record_id'], unique=False)
        batch_op.create_index('ix_record_party_user_id_record_id', ['user_id', 'record_id'], unique=False)

    op.create_table('time_token',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('log_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('imprint', sa.String(length=64), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('authority', sa.String(length=200), nullable=False),
    sa.Column('is_demo', sa.Boolean(), nullable=False),
    sa.Column('is_pinned', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('token', sa.LargeBinary(), nullable=True),
    sa.Column('chain_pem', sa.LargeBinary(), nullable=True),
    sa.Column('stated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('anchor_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('renews_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('attempts', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('last_error', sa.String(length=500), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['log_id'], ['ledger_log.id'], name=op.f('fk_time_token_log_id')),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_time_token_record_id')),
    sa.ForeignKeyConstraint(['renews_id'], ['time_token.id'], name=op.f('fk_time_token_renews_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_time_token')),
    sa.UniqueConstraint('log_id', 'size', 'url', name=op.f('uq_time_token_log_id_size_url')),
    sa.UniqueConstraint('record_id', 'imprint', 'url', name=op.f('uq_time_token_record_id_imprint_url'))
    )
    with op.batch_alter_table('time_token', schema=None) as batch_op:
        batch_op.create_index('ix_time_token_log_id_size', ['log_id', 'size'], unique=False)
        batch_op.create_index('ix_time_token_log_id_state_is_demo_size', ['log_id', 'state', 'is_demo', 'size'], unique=False)
        batch_op.create_index(batch_op.f('ix_time_token_record_id'), ['record_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_time_token_renews_id'), ['renews_id'], unique=False)
        batch_op.create_index('ix_time_token_state_asked_at', ['state', 'asked_at'], unique=False)

    op.create_table('achievement',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('thread_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('record_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('trl', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ip_status', sa.String(length=10), nullable=False),
    sa.Column('region', sa.String(length=2), nullable=False),
    sa.Column('city', sa.String(length=4), nullable=False),
    sa.Column('award_name', sa.String(length=120), nullable=False),
    sa.Column('award_level', sa.String(length=14), nullable=False),
    sa.Column('award_year', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_achievement_owner_id')),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], name=op.f('fk_achievement_record_id')),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_achievement_thread_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_achievement')),
    sa.UniqueConstraint('thread_id', name=op.f('uq_achievement_thread_id'))
    )
    with op.batch_alter_table('achievement', schema=None) as batch_op:
        batch_op.create_index('ix_achievement_award_year_id', ['award_year', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_achievement_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_achievement_record_id'), ['record_id'], unique=False)

    op.create_table('achievement_wish',
    sa.Column('achievement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.ForeignKeyConstraint(['achievement_id'], ['achievement.id'], name=op.f('fk_achievement_wish_achievement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('achievement_id', 'kind', name=op.f('pk_achievement_wish'))
    )
    name_by_kind()
    guard()


def downgrade():
    unguard()
    name_listings_alone()
    # ### commands auto generated by Alembic - please adjust! ###
    op.drop_table('achievement_wish')
    with op.batch_alter_table('achievement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_achievement_record_id'))
        batch_op.drop_index(batch_op.f('ix_achievement_owner_id'))
        batch_op.drop_index('ix_achievement_award_year_id')

    op.drop_table('achievement')
    with op.batch_alter_table('time_token', schema=None) as batch_op:
        batch_op.drop_index('ix_time_token_state_asked_at')
        batch_op.drop_index(batch_op.f('ix_time_token_renews_id'))
        batch_op.drop_index(batch_op.f('ix_time_token_record_id'))
        batch_op.drop_index('ix_time_token_log_id_state_is_demo_size')
        batch_op.drop_index('ix_time_token_log_id_size')

    op.drop_table('time_token')
    with op.batch_alter_table('record_party', schema=None) as batch_op:
        batch_op.drop_index('ix_record_party_user_id_record_id')
        batch_op.drop_index('ix_record_party_record_id')

    op.drop_table('record_party')
    with op.batch_alter_table('record_event', schema=None) as batch_op:
        batch_op.drop_index('ix_record_event_record_id_id')
        batch_op.drop_index(batch_op.f('ix_record_event_actor_id'))

    op.drop_table('record_event')
    op.drop_table('record_deposit')
    with op.batch_alter_table('need_refusal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_need_refusal_user_id'))
        batch_op.drop_index('ix_need_refusal_kind_ref_id')

    op.drop_table('need_refusal')
    with op.batch_alter_table('need_match', schema=None) as batch_op:
        batch_op.drop_index('ix_need_match_untold', sqlite_where=sa.text('need_told_at IS NULL OR owner_told_at IS NULL'), postgresql_where=sa.text('need_told_at IS NULL OR owner_told_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_need_match_owner_id'))

    op.drop_table('need_match')
    with op.batch_alter_table('record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_record_parent_id'))
        batch_op.drop_index('ix_record_owner_id_id')
        batch_op.drop_index(batch_op.f('ix_record_owner_id'))
        batch_op.drop_index(batch_op.f('ix_record_next_owner_id'))
        batch_op.drop_index(batch_op.f('ix_record_log_id'))
        batch_op.drop_index('ix_record_embargo_until')
        batch_op.drop_index('ix_record_audience_id')

    op.drop_table('record')
    op.drop_table('ledger_tile')
    with op.batch_alter_table('ledger_pending', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ledger_pending_log_id'))

    op.drop_table('ledger_pending')
    op.drop_table('ledger_entry')
    op.drop_table('ledger_cosignature')
    op.drop_table('ledger_checkpoint')
    with op.batch_alter_table('bitcoin_stamp', schema=None) as batch_op:
        batch_op.drop_index('ix_bitcoin_stamp_block_ask_at')

    op.drop_table('bitcoin_stamp')
    op.drop_table('ledger_log')
    # ### end Alembic commands ###
