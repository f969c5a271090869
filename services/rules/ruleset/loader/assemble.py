"""All files of a directory to one ruleset: read, then checked; every problem of every file at once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.text import Problem
from services.rules.ruleset.checks import Candidate, check
from services.rules.ruleset.definition import SUBJECT_KINDS, Field, Position, Roles, Ruleset, Vocabulary
from services.rules.ruleset.loader.blame import Blame
from services.rules.ruleset.loader.calendars import default_calendar, read_calendar
from services.rules.ruleset.loader.clocks import read_clock
from services.rules.ruleset.loader.decisions import DraftDecision, read_conditions, read_draft
from services.rules.ruleset.loader.documents import Documents
from services.rules.ruleset.loader.names import (
    CALENDAR_FILE,
    ROLES_FILE,
    report_names,
    rule_files,
    that_count,
)
from services.rules.ruleset.loader.nodes import MapNode, Node, read_documents
from services.rules.ruleset.loader.people import default_roles, read_roles
from services.rules.ruleset.loader.scope import Scope
from services.rules.ruleset.problems import Findings, in_order, without_echoes
from services.shared.business_time import Calendar


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of reading a directory: a ruleset only when there are no problems."""

    ruleset: Ruleset | None
    problems: tuple[Problem, ...]
    findings: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def load_files(
    files: Mapping[str, str],
    vocabulary: Vocabulary,
    *,
    timezone: str = "Asia/Shanghai",
    before: Mapping[str, str] | None = None,
    is_published: bool = False,
) -> Loaded:
    """Read and check the files of a rules directory, given as texts by file name.

    `timezone` counts where calendar.yaml names none; `before` are the files before the edit, by which the
    edited line is found that caused an entry. What a row could accept refuses no files that an earlier
    release published (`is_published`).
    """
    loading = _Loading(files, vocabulary, timezone, before or {})
    ruleset = loading.run()
    findings = loading.findings
    if is_published:
        findings.demote_acceptable()
    blame = Blame(files, before or files)
    problems = in_order(blame.placed(findings.problems, findings))
    return Loaded(
        ruleset=None if findings.problems else ruleset,
        problems=problems,
        findings=without_echoes(in_order(blame.placed(findings.findings, findings)), problems),
        warnings=in_order(blame.placed(findings.warnings, findings)),
    )


def digest_of(files: Mapping[str, str]) -> str:
    """Return the hash that names exactly these rules: copies and what editors keep there do not count."""
    digest = hashlib.sha256()
    for name in that_count(files):
        for part in (name, files[name]):
            content = part.encode(errors="surrogatepass")
            digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


class _Loading:
    """The steps of one load, in order, writing into the same findings."""

    def __init__(
        self, files: Mapping[str, str], vocabulary: Vocabulary, timezone: str, before: Mapping[str, str]
    ) -> None:
        self.findings = Findings()
        self._all_files = files
        self._files = rule_files(files)
        self._vocabulary = vocabulary
        self._timezone = timezone
        self._before = before
        self._special: dict[str, MapNode | None] = {}
        self._documents = Documents(self.findings)
        self._complete = True

    def run(self) -> Ruleset | None:
        """Read everything; None when calendar or roles cannot be read."""
        self._complete = report_names(self._all_files, self.findings)
        for name in sorted(self._files):
            self._sort(name)
        self._documents.leave_out_repeated_files(self._before)
        calendar, roles = self._calendar(), self._roles()
        candidate = self._candidate(calendar, roles)
        ordered = check(candidate, self.findings)
        if calendar is None or roles is None:
            return None
        return Ruleset(
            vocabulary=self._vocabulary,
            calendar=calendar,
            roles=roles,
            decisions=ordered,
            clocks=candidate.clocks,
            digest=digest_of(self._all_files),
            files=frozenset(self._special) | self._documents.files,
        )

    def _sort(self, name: str) -> None:
        """Read one file and put its documents where they belong."""
        documents, problems = read_documents(name, self._files[name])
        self.findings.problems.extend(problems)
        if documents is None:
            self._complete = False
        if name in (CALENDAR_FILE, ROLES_FILE):
            self._special[name] = self._only(name, documents)
        else:
            self._complete &= self._documents.add(documents or ())

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

    def _known_roles(self, roles: Roles | None) -> Roles | None:
        """The roles that rules can address; None when they are not known, which is reported once."""
        if roles is None or ROLES_FILE in self._files:
            return roles
        asked = sorted(self._documents.roles_asked() - {*roles.roles})
        if not asked:
            return roles
        self.findings.about(None).problem(
            Position(ROLES_FILE, 1, 1),
            zh=f"缺少 {ROLES_FILE}，但规则用到了角色 {'、'.join(asked)}。",
            en=f"There is no {ROLES_FILE}, but rules address the roles {', '.join(asked)}.",
        )
        return None

    def _candidate(self, calendar: Calendar | None, roles: Roles | None) -> Candidate:
        """Read all rules against the names that there are."""
        drafts, unread = self._drafts()
        outputs: dict[str, dict[str, Field]] = {}
        for draft in drafts:
            for name, field in draft.decision.returns.items():
                outputs.setdefault(draft.decision.subject, {}).setdefault(name, field)
        scope = Scope(self._vocabulary, outputs, unread, complete=self._complete)
        known = self._known_roles(roles)
        decisions = [read_conditions(draft, scope) for draft in drafts]
        clocks = [read_clock(each, scope, known, self.findings) for each in self._documents.of("clock")]
        partial = [decision.id for decision, whole in decisions if not whole]
        partial += [clock.id for clock, whole in clocks if clock and not whole]
        return Candidate(
            vocabulary=scope.vocabulary,
            fields={kind: scope.fields_for(kind) for kind in SUBJECT_KINDS},
            calendar=calendar,
            decisions=tuple(decision for decision, _ in decisions if decision.id),
            clocks=tuple(clock for clock, _ in clocks if clock),
            partial=frozenset(partial),
            complete=self._complete and not self._documents.is_partial and not unread,
        )

    def _drafts(self) -> tuple[list[DraftDecision], frozenset[str]]:
        """Return the decisions without their conditions, and the outputs whose type is not known."""
        drafts: list[DraftDecision] = []
        unread: set[str] = set()
        for document in self._documents.of("decision"):
            draft, names = read_draft(document, self._vocabulary.outputs, self.findings)
            readable = draft.decision.returns if draft else {}
            unread.update(name for name in names if name not in readable)
            if draft:
                drafts.append(draft)
        return drafts, frozenset(unread)
