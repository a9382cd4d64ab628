"""The signs that stand beside words: SVG paths on a 24 × 24 grid, drawn by a line of 2, for pages and prints alike."""

PATHS = {
    "day": "M5 4h14a2 2 0 0 1 2 2v13a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6c0-1.1.9-2 2-2zm3-2v4m8-4v4M3 10h18M8 14h3v3H8z",
    "place": "M12 22s7-7.2 7-12.5A7 7 0 0 0 5 9.5C5 14.8 12 22 12 22zm0-10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
    "clock": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 4v5l3.5 2",
    "bus": "M4 5h16v12H4zM4 11h16M7 17v3m10-3v3M8 14h.01M16 14h.01",
    "lock": "M6 11h12v10H6zm3 0V7a3 3 0 0 1 6 0v4",
    "ok": "M4 13l5 5L20 6",
    "no": "M6 6l12 12M18 6L6 18",
    "wait": "M7 3h10M7 21h10M8 3c0 5 4 6 4 9s-4 4-4 9m8-18c0 5-4 6-4 9s4 4 4 9",
    "warning": "M12 3l10 18H2zm0 6v5m0 4h.01",
    "hotline": "M6.5 3h3l1.5 4-2 1.500a12 12 0 0 0 6 6l1.5-2 4 1.500v3a2 2 0 0 1-2 2A16 16 0 0 1 4.5 5a2 2 0 0 1 2-2z",
    "chat": "M4 4h16v12H10l-5 4v-4H4zm4 5h8m-8 3h5",
    "mail": "M3 5h18v14H3zm0 1l9 7 9-7",
    "office": "M4 21V9l8-6 8 6v12M2 21h20M9 21v-6h6v6",
    "help": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm-3 7a3 3 0 1 1 4.2 2.700c-.8.4-1.2 1-1.2 1.800v.5m0 3h.01",
    "share": "M6 14a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zm12-6a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zm0 13a2.5"
    " 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8.2 10.500l7.6-4M8.2 12.700l7.6 4.5",
    "save": "M12 3v12m-5-5l5 5 5-5M4 20h16",
    "bag": "M5 8h14l1 13H4zm4 3V6a3 3 0 0 1 6 0v5",
    "road": "M9 3L4 21M15 3l5 18M12 4v3m0 4v3m0 4v3",
    "list": "M9 6h12M9 12h12M9 18h12M4 6h.01M4 12h.01M4 18h.01",
    "people": "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 10a7 7 0 0 1 14 0m0-18a4 4 0 0 1 0 8m3 3a7 7 0 0 1 3 7",
    "light": "M9 18h6m-5 3h4M12 3a6 6 0 0 1 4 10.500c-.7.7-1 1.500-1 2.500H9c0-1-.3-1.800-1-2.500A6 6 0 0 1 12 3z",
    "camera": "M4 7h4l2-3h4l2 3h4v13H4zm8 9.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7z",
    "picture": "M4 4h16v16H4zm0 12l5-5 5 5 2-2 4 4M15 8.500h.01",
    "type": "M3 6h18v12H3zm3 4h.01M10 10h.01M14 10h.01M18 10h.01M7 14h10",
    "swap": "M4 8h15l-4-4m5 12H5l4 4",
    "ticket": "M3 7h18v3a2 2 0 0 0 0 4v3H3v-3a2 2 0 0 0 0-4zm11 0v10",
    "globe": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18m0-18c-3 3-3 15 0 18",
    "wheelchair": "M10 5h.01M10 8v6h5l3 6m-8-9h5m-7 1a5 5 0 1 0 6 7",
    "toilets": "M7 5h.01M17 5h.01M7 8v12m-2-7h4M5 8h4v6m6-6h4l1 6h-6zm1 6v6m2-6v6M12 3v18",
    "drinking_water": "M6 3h12l-2 18H8zM7 10h10",
    "first_aid": "M4 7h16v13H4zm4 0V4h8v3m-4 3v7m-3.5-3.500h7",
    "prayer_room": "M12 3c5 4 7 6 7 10v8H5v-8c0-4 2-6 7-10zm0 18v-5",
    "vegetarian": "M5 19C4 9 10 4 20 4c0 10-5 16-15 15zm0 0l8-8",
    "halal": "M15 4a8 8 0 1 0 5 13A9 9 0 0 1 15 4zm4 3v4m-2-2h4",
    "children": "M12 6a2.5 2.5 0 1 0 0-.01M6 21l3-6V9h6v6l3 6M9 12l-4-2m10 2l4-2",
    "parking": "M4 3h16v18H4zm5 14V7h4a3 3 0 0 1 0 6H9",
}


def symbol(name: str, colour: str) -> str:
    """The sign as a file of its own, for prints."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" stroke-width="2"'
        f' stroke-linecap="round" stroke-linejoin="round"><path d="{PATHS[name]}"/></svg>'
    )
