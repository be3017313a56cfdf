"""Dates and times as callers say them, as patterns over words in small letters with one space between."""

from __future__ import annotations

import re

__all__ = ["AT_HOUR_AT_END", "DATE_AT_END", "FULL_DATE_AT_END", "HAS_DATE", "MISHEARD_TIME", "TIME_AT_END", "UNIT"]

MONTH = (
    "(?:january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
DAY_NAME = "(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?)"
UNIT = "(?:one|two|three|four|five|six|seven|eight|nine)"
TEEN = "(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
TENS = "(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
ORDINAL = (
    r"(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth"
    r"|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"
    r"|(?:twenty|thirty) (?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth))"
)
DAY = rf"(?:{ORDINAL}|\d{{1,2}}|(?:{TENS} )?{UNIT}|{TEEN}|twenty|thirty)"
# "nineteen eighty" and "two thousand" may well go on: no year yet.
YEAR = (
    rf"(?:(?:19|20)\d\d|nineteen (?:{TENS} {UNIT}|{TEEN}|(?:oh|o) {UNIT})|{TENS} {UNIT}"
    rf"|twenty (?:{TEEN}|(?:oh|o) {UNIT}|{TENS} {UNIT})|two thousand(?: and)? (?:{UNIT}|{TEEN}|{TENS} {UNIT}))"
)
MONTH_AND_DAY = rf"(?:{MONTH} (?:the )?{DAY}|(?:the )?{DAY} (?:of )?{MONTH})"
HOUR = rf"(?:\d{{1,2}}|{UNIT}|ten|eleven|twelve)"
MINUTES = rf"(?:\d\d|oh {UNIT}|{TEEN}|{TENS}(?: {UNIT})?)"
# What a small recogniser makes of "half past four", "quarter past two".
MISHEARD_TIME = "(?:half|have|quarter) (?:past|passed) (?:for|fore|to|too|ate|won)"
PART_OF_DAY = "(?:in the (?:morning|afternoon|evening)|at night|tonight)"

_DATE = (
    rf"(?:{MONTH_AND_DAY}(?: {YEAR})?|(?:the )?{ORDINAL}|{DAY_NAME}(?: the {ORDINAL})?|tomorrow|today"
    rf"|(?:next|this|the following) (?:week|month)|in (?:a|{UNIT}|\d+) (?:days?|weeks?|months?)|(?:a"
    rf"|one) week from \w+)"
)
_TIME = (
    rf"(?:{HOUR} (?:{MINUTES} )?(?:a m|p m|am|pm|o'clock)|\d{{1,2}}(?:am|pm)|(?:half|quarter) (?:past|to|after) {HOUR}"
    rf"|{MINUTES} (?:past|to|after) {HOUR}|{HOUR} {MINUTES}"
    rf"|{MISHEARD_TIME}|noon|midday|midnight|(?:any time|anytime|whenever)"
    rf"|(?:morning|afternoon|evening)s?|lunchtime)"
)

DATE_AT_END = re.compile(rf"\b{_DATE}(?: (?:morning|afternoon|evening|then|instead))?$")
FULL_DATE_AT_END = re.compile(
    rf"\b(?:{MONTH_AND_DAY} (?:of )?{YEAR}|\d{{1,2}} \d{{1,2}} (?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d \d\d \d\d)$"
)
HAS_DATE = re.compile(rf"\b{_DATE}\b")
TIME_AT_END = re.compile(rf"\b{_TIME}(?: {PART_OF_DAY})?(?: sharp| then| instead)?$")
AT_HOUR_AT_END = re.compile(rf"\bat {HOUR}$")
