"""Currencies and units that stand beside a number, as in ``$1,200``, ``12.5 %`` and ``5 km``."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

__all__ = ["Unit", "unit_of"]

#: Signs and words for a currency, and its code. Other signs stand for themselves.
_CALLED = {
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₽": "RUB",
    "₩": "KRW",
    "₺": "TRY",
    "₫": "VND",
    "₪": "ILS",
    "₴": "UAH",
    "₱": "PHP",
    "฿": "THB",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "R$": "BRL",
    "RS": "INR",
    "RS.": "INR",
    "FR.": "CHF",
    "SFR.": "CHF",
    "KR": "kr",
    "KR.": "kr",
    "ZŁ": "PLN",
    "KČ": "CZK",
    "FT": "HUF",
    "LEI": "RON",
    "EURO": "EUR",
    "EUROS": "EUR",
    "DOLLAR": "USD",
    "DOLLARS": "USD",
    "RM": "MYR",
}
_CODES = frozenset(
    (
        "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY "
        "KES KRW KWD MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RMB RON RSD RUB SAR SEK SGD THB "
        "TRY TWD UAH USD UYU VND ZAR BTC ETH"
    ).split()
)

#: Units whose meaning is known, so that a column that mixes them is one of numbers all the same.
#: Upper and lower case count: mW is not MW.
_KNOWN = frozenset(
    (
        "% ‰ ° °C °F ℃ ℉ bp bps pp x × "
        "nm µm μm mm cm dm m km in inch ft yd mi mile nmi "
        "mm² cm² m² km² mm2 cm2 m2 km2 ft² ft2 sqft sqm sqkm ha acre acres "
        "mm³ cm³ m³ mm3 cm3 m3 ft³ ft3 ml mL cl dl l L hl litre liter gal cc "
        "µg μg mg g kg t lb lbs oz st tonne ton "
        "ns µs ms s sec min h hr hrs hour day week month year yr yrs "
        "km/h kmh kph mph m/s kn knots km/l kmpl mpg rpm bpm "
        "V mV kV A mA mAh Ah W mW kW MW GW kWh MWh Wh J kJ MJ cal kcal hp bhp PS Nm N kN "
        "Hz kHz MHz GHz Pa hPa kPa MPa bar mbar psi dB "
        "B kB KB MB GB TB KiB MiB GiB TiB bit kbit Mbit Gbit Mbps Gbps kbps px dpi MP "
        "k K M mn bn mio Mio Mrd mrd ppm ppb mol mmol mg/l mg/L mg/dl mg/dL mmol/l mmol/L g/l "
        "µg/m³ μg/m³ µg/m3 kg/m³ kg/m3 lx lm cd"
    ).split()
)

#: Written in capitals or not, these are the same.
_FOLDED = frozenset("kg km cm mm lb oz ft in mi mb gb tb kb".split())
_WORDS = re.compile(r"[^\W\d_]{2,}(?:[ ·][^\W\d_]+){0,2}\.?")
_LONGEST = 20
#: Halves of a day: 1 pm is a time, not a number of something.
_HALVES = frozenset(("AM", "PM"))


class Unit(NamedTuple):
    """A currency or unit.

    Args:
        key: What is the same for all spellings of it: ``"EUR"`` for ``€``.
        known: Whether it is one of the usual units, not just a word behind a blank.
        code: Whether it is a single letter, which may as well be part of a name such as ``12B``.
    """

    key: str
    known: bool
    code: bool = False


def unit_of(text: str, *, before: bool, apart: bool) -> Unit | None:
    """The unit that some text beside a number is, or None if it is none.

    Args:
        text: What stands beside the number, without blanks around it.
        before: Whether it stands before the number: only currencies do.
        apart: Whether a blank is between the two.

    Example:
        >>> unit_of("€", before=True, apart=False).key, unit_of("eur", before=False, apart=True).key
        ('EUR', 'EUR')
        >>> unit_of("years", before=False, apart=True) == unit_of("year", before=False, apart=True)
        True
        >>> unit_of("agent", before=True, apart=True) is None
        True
    """
    upper = text.upper()
    if upper in _CALLED and not (upper == "FT" and not before):
        return Unit(_CALLED[upper], known=True)
    if upper in _CODES and (text == upper or text == text.lower() or text == text.title()):
        return Unit(upper, known=True)
    if text and len(text) <= 4 and unicodedata.category(text[-1]) == "Sc":
        return Unit(text, known=True) if not text[:-1] or text[:-1].isalpha() else None
    if before or len(text) > _LONGEST or upper.replace(".", "") in _HALVES:
        return None
    same = _folded(text)
    if text in _KNOWN or same in _KNOWN:
        return Unit(same, known=True, code=len(text) == 1 and text.isalpha())
    if "/" in text or "per " in text:
        return _per(text)
    if apart and _WORDS.fullmatch(text):
        return Unit(same, known=False)
    return None


def _folded(text: str) -> str:
    """A unit without what does not change its meaning: capitals of words, a plural, a full stop."""
    text = text.removesuffix(".") or text
    text = text.replace("μ", "µ")
    if text.lower() in _FOLDED and text != "Mb":
        return text.upper() if text.lower() in ("mb", "gb", "tb", "kb") else text.lower()
    if len(text) > 3 and text.replace(" ", "").isalpha() and text not in _KNOWN:
        text = text.lower()
        return text.removesuffix("s") if not text.endswith("ss") else text
    return text


def _per(text: str) -> Unit | None:
    """Something per something, as in ``€/kg`` and ``$ per hour``."""
    top, sign, bottom = text.replace(" per ", "/").partition("/")
    if text.startswith("per "):
        top, sign, bottom = "", "/", text.removeprefix("per ")
    if not sign or not bottom.strip():
        return None
    lower = unit_of(bottom.strip(), before=False, apart=True)
    if lower is None:
        return None
    if not top.strip():
        return Unit("/" + lower.key, known=True)
    upper = unit_of(top.strip(), before=False, apart=True)
    return None if upper is None else Unit(f"{upper.key}/{lower.key}", known=True)
