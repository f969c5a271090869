"""The facts that rules may test, and the text of `rules/vocabulary.yaml`."""

from services.rules.domain.vocabulary.declaration import FactSource
from services.rules.domain.vocabulary.facts import FACTS, OUTPUTS
from services.rules.domain.vocabulary.text import as_yaml, built_in

__all__ = ["FACTS", "OUTPUTS", "FactSource", "as_yaml", "built_in"]
