"""Measurements of speed and memory, each as a ratio to a bare baseline in the same run.

`python -m benchmarks` runs all of them, or those that are named, and prints a table. Machines differ and are
shared: a figure means something beside its baseline only.
"""
