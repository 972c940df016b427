"""Where in the text of a reply the history begins that its program has quoted.

quotequail knows how programs introduce it in nine languages. Its expressions are given lines that
are short, and few enough of them, and what it finds must look like an introduction: "On Monday you
wrote:" is something that people say. What it does not know is added here: other languages, and the
headers that Outlook puts above what it does not mark.
"""

import re
from collections.abc import Sequence

import quotequail

MOST_LINES = 500  # in which it is looked for
LONGEST_LINE = 200  # that can be an introduction
MOST_TRIES = 5  # introductions that turn out to be none

FIRST_QUOTED = 2  # lines of what is quoted, which may still introduce it

MARK = ">"
LONG = "…"  # stands for a line that is too long to matter
# Wrote, in the languages in which programs say so.
WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|geschrieben|écrit|escribió|escreveu|ha scritto|scrisse|schreef"
    r"|skrev|napisała?|napisał\(a\)|pisze|napsala?|napísal|kirjoitti|írta|yazdı|a scris"
    r"|написала?|писал|пишет?|έγραψε)\b|写道|寫道|のメッセージ|は書きました|作成|작성",
    re.IGNORECASE,
)
DATED = re.compile(r"\d|@")  # no program names nothing but a person
TIMED = re.compile(r"(?:19|20)\d\d|\d{1,2}[:.h]\d\d")
# Some programs say only when and who, and not that they wrote.
BY_WHOM = re.compile(r"<[^<>\s]{1,100}@[^<>\s]{1,100}>\s?[:：]$")
MOST_WRAPPED = 3  # lines of an introduction
ORIGINAL = re.compile(r"-{2,}\s*[^\W\d][\w '’-]{3,40}\s*-{2,}$")

# The headers above a quoted message: whose first line is, and what the others are.
FROM = (
    "from|von|de|da|van|från|fra|lähettäjä|od|от|від|kimden|feladó|de la|发件人|寄件者|差出人"
    "|보낸 사람|από"
)
OTHERS = (
    "sent|date|to|cc|bcc|subject|reply-to|importance|gesendet|datum|an|kopie|betreff|envoyé|à"
    "|objet|enviado|enviado el|enviada em|fecha|data|para|asunto|assunto|inviato|a|oggetto"
    "|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til|emne|dato|lähetetty|vastaanottaja|aihe"
    "|wysłano|wysłane|do|temat|odesláno|komu|předmět|predmet|odoslané|отправлено|дата|кому|копия"
    "|тема|gönderildi|tarih|kime|konu|elküldve|címzett|tárgy|trimis|către|subiect|发送时间|日期"
    "|收件人|抄送|主题|寄件日期|收件者|副本|主旨|送信日時|日時|宛先|件名|보낸 날짜|받는 사람|참조"
    "|제목|ημερομηνία|προς|θέμα"
)
HEADER = r"[*_]{{0,2}}(?:{})\s?[*_]{{0,2}}[:：][*_]{{0,2}}"
FROM_LINE = re.compile(HEADER.format(FROM) + r".*\S", re.IGNORECASE)
OTHER_LINE = re.compile(HEADER.format(OTHERS), re.IGNORECASE)
RULE = re.compile(r"[-_=*]{3,}$")


def history_start(lines: Sequence[str]) -> int | None:
    """The line with which the history begins, its introduction included."""
    looked_at = _outlines(lines[:MOST_LINES])
    starts = (_introduced(looked_at), _headed(looked_at))
    return min((start for start in starts if start is not None), default=None)


def _outlines(lines: Sequence[str]) -> list[str]:
    """What of the lines matters here. Of what is quoted only the first ones do: telephones quote
    the introduction too."""
    outlines = []
    quoted = 0
    for line in lines:
        bare = line.replace("\xa0", " ").strip()
        if bare.startswith(MARK):
            quoted += 1
            bare = bare.removeprefix(MARK).strip() if quoted <= FIRST_QUOTED else MARK
        elif bare:
            quoted = 0
        outlines.append(bare if len(bare) <= LONGEST_LINE else LONG)
    return outlines


def _introduced(lines: list[str]) -> int | None:
    """As it is said in words: by quotequail, or by the verb in a language it does not know."""
    worded = next((start for end in range(len(lines)) if (start := _worded(lines, end)) >= 0), None)
    known = _known(lines if worded is None else lines[: worded + 1])
    return worded if known is None else known


def _worded(lines: list[str], end: int) -> int:
    """Where the introduction begins that ends with this line, or -1."""
    if not lines[end].endswith((":", "：")):
        return -1
    for start in range(max(end - MOST_WRAPPED + 1, 0), end + 1):
        wrapped = lines[start : end + 1]
        if start < end and (not TIMED.search(lines[start]) or {"", MARK, LONG} & {*wrapped}):
            continue
        joined = " ".join(wrapped)
        if BY_WHOM.search(joined) and TIMED.search(joined):
            return start
        if WROTE.search(joined) and DATED.search(joined):
            return start
    return -1


def _known(lines: list[str]) -> int | None:
    """The first introduction that quotequail finds and that is one."""
    begun = 0
    for _ in range(MOST_TRIES):
        if begun >= len(lines):
            return None
        text = "\n".join(lines[begun:])
        pieces = quotequail.quote(text, limit=len(lines) + 1, quote_intro_line=True)
        if len(pieces) < 2:
            return None
        before = pieces[0][1]
        found = begun + (before.count("\n") + 1 if before or pieces[1][1] != text else 0)
        if _is_introduction(lines, found):
            return found
        begun = found + 1
    return None


def _is_introduction(lines: list[str], number: int) -> bool:
    line = " ".join(lines[number : number + 2])
    if RULE.match(lines[number]):  # Outlook's line, but also anybody's
        return any(FROM_LINE.match(line) for line in lines[number + 1 : number + 4])
    if ORIGINAL.match(lines[number]):
        return True
    return bool(DATED.search(line)) or any(
        FROM_LINE.match(line) for line in lines[number + 1 : number + 4]
    )


def _headed(lines: list[str]) -> int | None:
    """By three headers or more, the first of which says from whom; with the rule above them."""
    for number, line in enumerate(lines):
        if not FROM_LINE.match(line):
            continue
        below = [line for line in lines[number + 1 : number + 8] if line][:5]
        if sum(bool(OTHER_LINE.match(line)) for line in below) >= 2:
            return _with_rule(lines, number)
    return None


def _with_rule(lines: list[str], number: int) -> int:
    above = number
    while above and (
        not lines[above - 1] or RULE.match(lines[above - 1]) or ORIGINAL.match(lines[above - 1])
    ):
        above -= 1
        if lines[above]:
            number = above
    return number
