"""The services of Genjin, the code they share, and the ways to run them."""
