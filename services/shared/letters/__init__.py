"""The operator's view of dead letters: listed, grouped, shown, rehearsed, replayed, given up.

`desk` does it for one service, `api` is the door to one service or to several gathered on one port, `queries`
reads, `views` is what is answered and asked.
"""

from services.shared.letters.api import dead_letters_router
from services.shared.letters.desk import Desk, desk_of

__all__ = ["Desk", "dead_letters_router", "desk_of"]
