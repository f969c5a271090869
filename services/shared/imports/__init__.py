"""Imports of other people's tables: from the bytes of a file to records, with a reason for every bad row.

`reading` makes a table of CSV or Excel bytes, `mapping` says which column feeds which field, `conversion`
turns cells into values, `rows` turns a table into rows with an identity, `running` applies them through the
`targets` of a service, and `api` is the door. Everything before `running` is pure.
"""
