"""All services in one process: on embedded PostgreSQL, with in-process delivery (A9).

`Embedded.open` (`process`) holds the data directory and prepares the `databases`, makes the services and
connects them, runs their work in the background, and has their routes in one application.
"""

from services.embedded.process import Embedded

__all__ = ["Embedded"]
