"""
The root of everything that can go wrong: a public message, a stable code, a private detail.

Leaves to others: the tree (errors).
"""


class IdentityFault(Exception):
    """The root: a public message, a stable code, and a detail that only the log sees."""

    code = "fault"
    message = "Something went wrong."

    def __init__(self, message: str | None = None, *, detail: str = "") -> None:
        """Keep *message* for the caller and *detail* for the operator."""
        self.message = message or type(self).message
        self.detail = detail
        super().__init__(self.message)
