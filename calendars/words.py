"""Khmer dates in words: the official long line, and a short English one."""

from datetime import date

from calendars.khmer import LunarDate, Month, Phase, to_lunar

WEEKDAYS = ("ចន្ទ", "អង្គារ", "ពុធ", "ព្រហស្បតិ៍", "សុក្រ", "សៅរ៍", "អាទិត្យ")
MONTHS = {
    Month.MIGASIR: "មិគសិរ", Month.BOSS: "បុស្ស", Month.MEAK: "មាឃ", Month.PHALKUN: "ផល្គុន", Month.CHET: "ចេត្រ",
    Month.PISAKH: "ពិសាខ", Month.JESTH: "ជេស្ឋ", Month.ASADH: "អាសាឍ", Month.FIRST_ASADH: "បឋមាសាឍ",
    Month.SECOND_ASADH: "ទុតិយាសាឍ", Month.SRAP: "ស្រាពណ៍", Month.PHATRABOT: "ភទ្របទ", Month.ASSUJ: "អស្សុជ",
    Month.KADEUK: "កត្តិក",
}  # fmt: skip
PHASES = {Phase.KEIT: "កើត", Phase.ROACH: "រោច"}
ANIMALS = ("ជូត", "ឆ្លូវ", "ខាល", "ថោះ", "រោង", "ម្សាញ់", "មមី", "មមែ", "វក", "រកា", "ច", "កុរ")
SAKS = ("ឯកស័ក", "ទោស័ក", "ត្រីស័ក", "ចត្វាស័ក", "បញ្ចស័ក", "ឆស័ក", "សប្តស័ក", "អដ្ឋស័ក", "នព្វស័ក", "សំរឹទ្ធិស័ក")

_KHMER = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")
_ENGLISH_PHASES = {Phase.KEIT: "waxing", Phase.ROACH: "waning"}


def khmer_digits(text: str) -> str:
    """Latin digits as Khmer ones."""
    return text.translate(_KHMER)


def khmer_line(day: date) -> str:
    """The official form: ថ្ងៃព្រហស្បតិ៍ ១៤រោច ខែចេត្រ ឆ្នាំមមី អដ្ឋស័ក ព.ស. ២៥៦៩. Raises OutOfRange."""
    lunar = to_lunar(day)
    return khmer_digits(
        f"ថ្ងៃ{WEEKDAYS[day.weekday()]} {lunar.day}{PHASES[lunar.phase]} ខែ{MONTHS[lunar.month]} "
        f"ឆ្នាំ{ANIMALS[lunar.animal]} {SAKS[lunar.sak - 1]} ព.ស. {lunar.buddhist_era}"
    )


def english_line(day: date) -> str:
    """The short form: "14 waning Chet, BE 2569". Raises OutOfRange."""
    lunar = to_lunar(day)
    return f"{lunar.day} {_ENGLISH_PHASES[lunar.phase]} {_month(lunar)}, BE {lunar.buddhist_era}"


def _month(lunar: LunarDate) -> str:
    return lunar.month.replace("_", " ").title()


def lunar_line(language: str, day: date) -> str:
    """The Khmer line for Khmer readers, the short English one for everybody else; "" outside the calendar's range."""
    try:
        return khmer_line(day) if language == "km" else english_line(day)
    except ValueError:
        return ""
