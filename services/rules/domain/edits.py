"""An edit of the rules directory, beside the version in force: may it be published at once?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from contracts.followups import PersonChanged
from contracts.text import Problem
from services.rules.domain.checking import check
from services.rules.domain.losses import Loss, losses
from services.rules.domain.role_findings import for_people
from services.rules.ruleset.loader import Loaded, digest_of, rule_files

Files = Mapping[str, str]


@dataclass(frozen=True)
class InForce:
    """The version in force: its number, its files, and what the check says of them."""

    version: int
    files: Files
    loaded: Loaded


@dataclass(frozen=True)
class Edit:
    """A state of the directory that was checked; `in_force` is None before the first version."""

    files: Files
    digest: str
    loaded: Loaded
    in_force: InForce | None

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """What of the version in force the edit takes away."""
        before = self.in_force.loaded.ruleset if self.in_force else None
        after = self.loaded.ruleset
        return losses(before, after) if before and after else ()

    @cached_property
    def findings(self) -> tuple[Problem, ...]:
        """The findings of which the version in force has fewer; before the first version there are none.

        They are counted by rule and name, since their words have the numbers of the rule in them.
        """
        if self.in_force is None:
            return ()
        known = self.in_force.loaded.findings
        before, after = Counter(map(_name, known)), Counter(map(_name, self.loaded.findings))
        messages = {each.message for each in known}
        return tuple(
            each
            for each in self.loaded.findings
            if after[_name(each)] > before[_name(each)] and each.message not in messages
        )

    @property
    def needs_confirmation(self) -> bool:
        """Whether a person has to say that it is meant."""
        return bool(self.losses or self.findings)

    @property
    def looks_unfinished(self) -> bool:
        """Whether something in force is missing, as it is for a moment while a file is written again."""
        if self.in_force is None or self.loaded.ruleset:
            return bool(self.losses)
        written = {name for name, text in rule_files(self.files).items() if text.strip()}
        in_force = {name for name, text in self.in_force.files.items() if text.strip()}
        return bool(in_force - written)


def assess(
    files: Files, in_force: InForce | None, *, timezone: str, people: Mapping[UUID, PersonChanged]
) -> Edit:
    """Check a state of the directory beside the version in force, and for our people.

    `timezone` as for `check`.
    """
    loaded = check(files, timezone=timezone, before=in_force.files if in_force else None)
    beside = (
        replace(in_force, loaded=for_people(in_force.loaded, in_force.files, people)) if in_force else None
    )
    return Edit(files, digest_of(files), for_people(loaded, files, people), beside)


def _name(finding: Problem) -> tuple[str | None, str | None]:
    return finding.rule, finding.finding
