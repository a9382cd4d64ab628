"""Words that code holds and pages say: marked where they stand, translated where they are shown."""


def _(text: str) -> str:
    """Mark a sentence for the catalogues (`make messages` finds it); it stays as it is."""
    return text
