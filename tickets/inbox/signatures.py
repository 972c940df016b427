"""What stands under a letter and is not said in it: signatures, and what telephones add."""

import re
from collections.abc import Sequence

LONGEST = 12  # lines that are a signature; more are a letter
LONGEST_LINE = 80  # of what a program adds
DEVICES = (
    r"iphon|ipad|ios|android|samsung|galaxy|huawei|xiaomi|blackberry|windows|outlook|mail|gmx"
    r"|yahoo|web\.de|proton|mobile?|handy|smartphone|phone|téléphone|mobiel|telefoon|telefon"
    r"|móvil|celular|cellulare|tablet"
)
SENT = (
    r"sent (?:from|via|with|using)|get outlook"
    r"|gesendet (?:von|mit)|von mein\w+|diese nachricht wurde|outlook für|hol dir outlook"
    r"|envoyé (?:de|depuis|à partir)|télécharge\w* outlook|obtenir outlook"
    r"|enviado (?:desde|do|de|a partir)|obtener outlook|obtenha"
    r"|inviato d\w+|ottieni outlook|scarica|verstuurd|verzonden|outlook voor"
    r"|skickat från|hämta outlook|sendt fra|hent outlook|lähetetty|hanki outlook"
    r"|wysłan\w+ z|pobierz|odesláno|získejte|отправлено|получить outlook"
    r"|iphone\w* ?(?:から|发|發|에서)|(?:从|從)?我的|内の|내 "
)
ADDED = re.compile(rf"(?=.*(?:{DEVICES}))(?:{SENT})", re.IGNORECASE)
MARK = "--"  # with a space behind it, which most programs cut


def signature_start(lines: Sequence[str]) -> int:
    """The line at which the letter ends; as many as there are, if nothing stands under it."""
    end = _without_empty(lines, len(lines))
    end = _without_empty(lines, _without_added(lines, end))
    for number in range(max(end - LONGEST - 1, 0), end):
        if lines[number].strip() == MARK:
            return _without_empty(lines, _without_added(lines, _without_empty(lines, number)))
    return end


def _without_added(lines: Sequence[str], end: int) -> int:
    """Without the last line, if it stands alone and a program added it."""
    last = lines[end - 1].strip() if end else ""
    stands_alone = end > 1 and not lines[end - 2].strip()
    is_added = stands_alone and len(last) <= LONGEST_LINE and ADDED.match(last)
    return end - 1 if is_added else end


def _without_empty(lines: Sequence[str], end: int) -> int:
    while end and not lines[end - 1].strip():
        end -= 1
    return end
