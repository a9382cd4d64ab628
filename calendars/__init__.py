"""Pure: the Khmer calendar, its festivals and words, feeds as iCalendar bytes. Knows neither HTTP nor database."""
