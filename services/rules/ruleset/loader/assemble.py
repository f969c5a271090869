"""All files of a directory to one ruleset: read, then checked; every problem of every file at once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contracts.rules import Problem
from services.rules.ruleset.checks import Candidate, check
from services.rules.ruleset.definition import Field, Position, Roles, Ruleset, Vocabulary
from services.rules.ruleset.loader.calendars import default_calendar, read_calendar
from services.rules.ruleset.loader.clocks import read_clock
from services.rules.ruleset.loader.decisions import DraftDecision, read_conditions, read_draft
from services.rules.ruleset.loader.directory import read_directory
from services.rules.ruleset.loader.nodes import MapNode, Node, read_documents
from services.rules.ruleset.loader.people import default_roles, read_roles
from services.rules.ruleset.loader.scope import Scope
from services.rules.ruleset.loader.vocabulary import KINDS, read_vocabulary
from services.rules.ruleset.problems import Findings, did_you_mean, in_order
from services.shared.business_time import Calendar

CALENDAR_FILE = "calendar.yaml"
ROLES_FILE = "roles.yaml"
_KINDS = ("vocabulary", "decision", "clock")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of reading a directory: a ruleset only when there are no problems."""

    ruleset: Ruleset | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def load(directory: Path, *, timezone: str = "Asia/Shanghai") -> Loaded:
    """Read and check all rule files of a directory; `timezone` counts where calendar.yaml names none.

    Raises:
        RefusedError: there is no such directory, it holds no rule file, or a file cannot be read.
    """
    return load_files(read_directory(directory), timezone=timezone)


def load_files(files: Mapping[str, str], *, timezone: str = "Asia/Shanghai") -> Loaded:
    """Read and check rule files, given as texts by file name."""
    loading = _Loading(files, timezone)
    ruleset = loading.run()
    findings = loading.findings
    return Loaded(
        ruleset=None if findings.problems else ruleset,
        problems=in_order(findings.problems),
        warnings=in_order(findings.warnings),
    )


def digest_of(files: Mapping[str, str]) -> str:
    """Return the hash that names exactly these files with these texts."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name, files[name]):
            content = part.encode(errors="surrogateescape")
            digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


class _Loading:
    """The steps of one load, in order, writing into the same findings."""

    def __init__(self, files: Mapping[str, str], timezone: str) -> None:
        self.findings = Findings()
        self._files = files
        self._timezone = timezone
        self._documents: dict[str, list[MapNode]] = {kind: [] for kind in _KINDS}
        self._special: dict[str, MapNode | None] = {}
        self._complete = True

    def run(self) -> Ruleset | None:
        """Read everything; None when there is no vocabulary to read it with."""
        for name in sorted(self._files):
            self._sort(name)
        vocabulary = self._vocabulary()
        calendar, roles = self._calendar(), self._roles()
        candidate = self._candidate(vocabulary, calendar, roles)
        ordered = check(candidate, self.findings)
        if vocabulary is None or calendar is None or roles is None:
            return None
        return Ruleset(
            vocabulary=vocabulary,
            calendar=calendar,
            roles=roles,
            decisions=ordered,
            clocks=candidate.clocks,
            digest=digest_of(self._files),
        )

    def _sort(self, name: str) -> None:
        """Read one file and put its documents where they belong."""
        documents, problems = read_documents(name, self._files[name])
        self.findings.problems.extend(problems)
        if documents is None:
            self._complete = False
        if name in (CALENDAR_FILE, ROLES_FILE):
            self._special[name] = self._only(name, documents)
            return
        for document in documents or ():
            kind = self._kind(document)
            if kind and isinstance(document, MapNode):
                self._documents[kind].append(document)

    def _only(self, name: str, documents: tuple[Node, ...] | None) -> MapNode | None:
        if documents is None:
            return None
        if len(documents) == 1 and isinstance(documents[0], MapNode):
            return documents[0]
        self.findings.about(None).problem(
            documents[1].where if len(documents) > 1 else Position(name, 1, 1),
            zh=f"{name} 应只有一份“键: 值”内容。",
            en=f"{name} holds one document of `key: value`.",
        )
        return None

    def _kind(self, document: Node) -> str | None:
        """Return the kind of a document: its first key. An empty document (`---` at the end) has none."""
        if isinstance(document, MapNode) and document.entries:
            first = document.entries[0][0]
            if first.text in _KINDS:
                return first.text
            where, written = first.where, first.text
        elif str(document) in {"", "{}"}:
            return None
        else:
            where, written = document.where, str(document)[:40]
        hint_zh, hint_en = did_you_mean(written, _KINDS)
        self.findings.about(None).problem(
            where,
            zh=f"“{written}”不是文档的开头：应以 {'、'.join(_KINDS)} 之一开头{hint_zh or '。'}",
            en=f"A document starts with one of {', '.join(_KINDS)}, not with “{written}”{hint_en or '.'}",
        )
        self._complete = False
        return None

    def _vocabulary(self) -> Vocabulary | None:
        report = self.findings.about(None)
        documents = self._documents["vocabulary"]
        if not documents:
            if self._complete:
                where = Position("vocabulary.yaml", 1, 1)
                report.problem(where, zh="缺少词汇表 vocabulary。", en="There is no vocabulary document.")
            return None
        for document in documents[1:]:
            report.problem(document.where, zh="词汇表只能有一份。", en="There is a vocabulary already.")
        before = report.count
        vocabulary = read_vocabulary(documents[0], report)
        self._complete &= report.count == before
        return vocabulary

    def _calendar(self) -> Calendar | None:
        if CALENDAR_FILE not in self._files:
            return default_calendar(self._timezone)
        document = self._special[CALENDAR_FILE]
        return read_calendar(document, self._timezone, self.findings.about(None)) if document else None

    def _roles(self) -> Roles | None:
        if ROLES_FILE not in self._files:
            return default_roles()
        document = self._special[ROLES_FILE]
        return read_roles(document, self.findings.about(None)) if document else None

    def _candidate(
        self, vocabulary: Vocabulary | None, calendar: Calendar | None, roles: Roles | None
    ) -> Candidate:
        """Read all rules against the names that there are."""
        drafts, unread = self._drafts()
        outputs: dict[str, dict[str, Field]] = {}
        for draft in drafts:
            for name, field in draft.decision.returns.items():
                outputs.setdefault(draft.decision.subject, {}).setdefault(name, field)
        complete = self._complete and vocabulary is not None
        scope = Scope(vocabulary or Vocabulary({}), outputs, unread, complete=complete)
        decisions = [read_conditions(draft, scope) for draft in drafts]
        clocks = [read_clock(each, scope, roles, self.findings) for each in self._documents["clock"]]
        partial = [decision.id for decision, whole in decisions if not whole]
        partial += [clock.id for clock, whole in clocks if clock and not whole]
        return Candidate(
            vocabulary=scope.vocabulary,
            fields={kind: scope.fields_for(kind) for kind in KINDS},
            calendar=calendar,
            decisions=tuple(decision for decision, _ in decisions if decision.id),
            clocks=tuple(clock for clock, _ in clocks if clock),
            partial=frozenset(partial),
        )

    def _drafts(self) -> tuple[list[DraftDecision], frozenset[str]]:
        """Return the decisions without their conditions, and the outputs whose type is not known."""
        drafts: list[DraftDecision] = []
        unread: set[str] = set()
        for document in self._documents["decision"]:
            draft, names = read_draft(document, self.findings)
            readable = draft.decision.returns if draft else {}
            unread.update(name for name in names if name not in readable)
            if draft:
                drafts.append(draft)
        return drafts, frozenset(unread)
