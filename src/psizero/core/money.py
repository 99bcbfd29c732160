"""Money: integer minor units with a currency, and the one rounding function."""

from decimal import ROUND_HALF_UP, Context, Decimal

import msgspec

_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND".split()
_FOUR_DIGITS = "CLF UYW".split()
_TWO_DIGITS = """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP
BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR
LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB
PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW
ZWG""".split()

# ISO 4217 active codes and their minor digits; a test compares them with a kept library.
CURRENCY_DIGITS: dict[str, int] = {
    **dict.fromkeys(_TWO_DIGITS, 2),
    **dict.fromkeys(_NO_DIGITS, 0),
    **dict.fromkeys(_THREE_DIGITS, 3),
    **dict.fromkeys(_FOUR_DIGITS, 4),
}

EXACT = Context(prec=76, rounding=ROUND_HALF_UP)


_UNITS = [Decimal(1).scaleb(-digits) for digits in range(16)]


class Money(msgspec.Struct, frozen=True):
    """An amount in integer minor units (USD 12.34 is 1234) of one ISO 4217 currency."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """Raises ValueError on two currencies: there is no rate hidden in an addition."""
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        digits = CURRENCY_DIGITS[self.currency]
        return f"{Decimal(self.minor).scaleb(-digits):,.{digits}f} {self.currency}"


def round_half_away(value: Decimal, digits: int = 0) -> Decimal:
    """Round once, half away from zero: 2.5 -> 3, -2.5 -> -3, 224.955 -> 224.96."""
    return EXACT.quantize(value, _UNITS[digits])


def money(amount: Decimal, currency: str) -> Money:
    """An exact amount in major units, rounded once to the currency's minor units."""
    minor = EXACT.scaleb(amount, Decimal(CURRENCY_DIGITS[currency]))
    return Money(int(round_half_away(minor)), currency)
