"""Opportunities in and out of PostgreSQL."""

from services.opportunities import tables
from services.opportunities.domain import Opportunity
from services.shared.records import Records

OPPORTUNITIES = Records(tables.opportunities, Opportunity, money=("expected_amount", "amount"))
