"""What operators watch: canonical lines, counts of what happened, and the state of things when asked for.

`handled` tells of messages and commands, `requests` of HTTP; `scrape` answers /metrics, for which `queues`
asks the broker and `loop` measures how long the event loop keeps others waiting.
"""
