"""A cursor publishing a log, beside bare confirmed publishing and beside faststream-outbox."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import aio_pika
from faststream.rabbit import RabbitBroker
from faststream_outbox import OutboxBroker
from sqlalchemy import MetaData

from benchmarks.places import Bench, Place
from benchmarks.population import populate
from benchmarks.table import Finding
