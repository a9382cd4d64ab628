"""Pure calendar code: feeds as iCalendar bytes and time zones as VTIMEZONE. Knows neither HTTP nor the database."""
