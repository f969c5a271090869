"""What Genjin has found, for people: customers by grade, who must be contacted and why, what went wrong.

`result` reads it over HTTP, `words` says reasons and times, `tables` draws.
"""
