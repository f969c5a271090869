"""PostgreSQL from a wheel's binaries, under our own start and stop.

`EmbeddedPostgres(data_dir).start()` gives the URL of a durable server that listens on a Unix socket
only. The pieces: `account` (who runs it, as PostgreSQL refuses root), `binaries` (where the programs
are), `home` (where cluster and socket are), `cluster` (make, start, take over, stop).
"""

from services.shared.embedded_postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres"]
