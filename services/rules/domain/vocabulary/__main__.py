"""Writes `rules/vocabulary.yaml`, which is for people and their editors; nothing reads it."""

from pathlib import Path

from services.rules.domain.vocabulary import as_yaml

FILE = Path(__file__).parents[4] / "rules" / "vocabulary.yaml"

if __name__ == "__main__":
    FILE.write_text(as_yaml(), encoding="utf-8")
