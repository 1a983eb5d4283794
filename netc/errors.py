"""The two exceptions that leave the library."""


class NetcError(Exception):
    """Something the user can mend.

    `place` says where (a file, a file with line and column or byte, an option), `what` says what is wrong in one line,
    and `hint`, where there is one, says what to do instead.
    """

    def __init__(self, place: str, what: str, hint: str = "") -> None:
        super().__init__(place, what, hint)
        self.place = place
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.place}: {self.what}" if self.place else self.what
        return f"{line}\n  hint: {self.hint}" if self.hint else line


class InternalError(Exception):
    """Something we must mend: netc broke one of its own laws."""
