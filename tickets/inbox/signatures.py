"""What stands under a letter and is not said in it: signatures, and what telephones add."""

import re
from collections.abc import Sequence

LONGEST = 12  # lines that are a signature; more are a letter
LONGEST_LINE = 120  # of what a program adds
DEVICE = (
    r"(?:iphone|ipad|ipod|ios|android|samsung|galaxy|huawei|xiaomi|blackberry|windows|outlook|mail|"
)
DEVICE += (
    r"gmail|yahoo|gmx|web\.de|proton|mobile|mobil|handy|smartphone|telefon|phone|téléphone|mobiel|"
)
DEVICE += r"telefoon|móvil|celular|cellulare|tablet)"
SENT = (
    r"sent (?:from|via|with|using)|get outlook|gesendet (?:von|mit)|von mein\w+|diese nachricht wurde"
    r"|outlook für|hol dir outlook|envoyé (?:de|depuis|à partir)|télécharge\w* outlook|obtenir outlook"
    r"|enviado (?:desde|do|de|a partir)|obtener outlook|obtenha|inviato d\w+|ottieni outlook|scarica"
    r"|verstuurd|verzonden|outlook voor|skickat från|hämta outlook|sendt fra|hent outlook|lähetetty"
    r"|hanki outlook|wysłan\w+ z|pobierz|odesláno|získejte|отправлено|получить outlook"
    r"|iphone\w* ?(?:から|发|發|에서)|(?:从|從)我的|我的|内の|내 "
)
ADDED = re.compile(rf"(?=.*{DEVICE})(?:{SENT}).*", re.IGNORECASE)
MARKS = ("--", "—")  # "-- ", of which most programs cut the space


def signature_start(lines: Sequence[str]) -> int:
    """The line at which the letter ends; as many as there are, if nothing stands under it."""
    end = _without_empty(lines, len(lines))
    end = _without_empty(lines, _without_added(lines, end))
    for number in range(max(end - LONGEST - 1, 0), end):
        if lines[number].strip() in MARKS:
            return _without_empty(lines, _without_added(lines, _without_empty(lines, number)))
    return end


def _without_added(lines: Sequence[str], end: int) -> int:
    """Without the last line, if a program added it."""
    last = lines[end - 1].strip() if end else ""
    return end - 1 if last and len(last) <= LONGEST_LINE and ADDED.match(last) else end


def _without_empty(lines: Sequence[str], end: int) -> int:
    while end and not lines[end - 1].strip():
        end -= 1
    return end
