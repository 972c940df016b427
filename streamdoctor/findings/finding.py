"""A finding: one cause, with the evidence that was measured, and the fix that is to be written."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    code: str
    severity: Severity
    evidence: str
    fix: str
