"""The AsyncAPI 3 document of the whole: what is said and heard on the broker, and by whom.

`python -m services.asyncapi` writes `contracts/asyncapi.json`; a test fails when the committed one differs.
It is made from what the services themselves say: the registered events and commands, who handles which, and
the topology that is declared. FastStream's own generator knows none of that here (decision 10).
"""
