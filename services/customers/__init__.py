"""Owns customers, their contacts and their purchases.

Hears opportunities (the lifecycle follows from them), grades and profiles (shown beside the customer),
people (so that imports can name an owner), and contacts, plans, tasks and notices (for the timeline). Says
`customer_created`, `customer_updated` and `purchase_recorded`. Contact data never leaves: it is encrypted at
rest, masked when read, and in no event. Who may see it is shown it, and who saw what is logged.
Comes in by import of customers, contacts and purchases, by the commands `put_customer` and `record_purchase`,
and is entered, changed and read under `/v1/customers`, where every change leaves its trace in the history.
"""
