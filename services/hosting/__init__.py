"""What runs services in a process, one of them or all: both ways to run stand on it (A9).

`wiring` makes the services and connects them, `application` has their routes, `serving` offers those on a
port, `work` runs what goes on in the background, `broker` speaks to RabbitMQ, `databases` reaches PostgreSQL,
`instance` keeps where a data directory is served, `first_start` gives it a key and the `shipped` rules.
"""
