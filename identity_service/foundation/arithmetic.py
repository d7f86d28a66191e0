"""
Sums in settings, such as `(1000 * 60 * 60 * 24) * 7`: read as a small tree, never run as code.

Gives what JavaScript gives for the same sum, because the chat application reads the same file.
Leaves to others: what the number means and whether it makes sense (settings_kinds).
"""

import ast
import math
import operator
import re
from collections.abc import Callable

LONGEST = 120
DEEPEST = 20
LARGEST = 2**53 - 1  # JavaScript's largest exact whole number

Number = int | float

_ALLOWED = re.compile(r"[0-9 \t+\-*/%().]+")


def _remainder(left: Number, right: Number) -> Number:
    """Return the remainder with the sign of *left*, where Python's own `%` takes the sign of *right*."""
    if right == 0:
        raise ZeroDivisionError  # fmod calls it a domain error
    return math.fmod(left, right)


_OPERATIONS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: _remainder,
}
_SIGNS: dict[type[ast.unaryop], Callable[[Number], Number]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def evaluate(text: str) -> int | float:
    """
    Return the value of the sum in *text*, as an int when it is whole.

    Args:
        text: At most 120 characters: digits, spaces, `+ - * / % ( )` and `.`, at most 20 levels deep.

    Raises:
        ValueError: With a sentence that follows the name of a setting and never repeats *text*.
    """
    if len(text) > LONGEST or not _ALLOWED.fullmatch(text):
        raise ValueError(f"must be a number or a sum of at most {LONGEST} characters: digits and + - * / % ( ) only.")
    if _depth(text) > DEEPEST:
        raise ValueError(f"has more than {DEEPEST} parentheses inside one another.")
    try:
        value = _value(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError:
        raise ValueError("is not a complete sum.") from None
    except ZeroDivisionError:
        raise ValueError("divides by zero.") from None
    return int(value) if value == int(value) else value


def _depth(text: str) -> int:
    """Count the deepest parentheses before the parser, which has its own idea of too many, sees them."""
    deepest = depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _value(node: ast.expr) -> Number:
    # Each level costs a character at least, so the length limit also bounds how deep this goes.
    match node:
        case ast.Constant(value=int() | float() as value):
            return _bounded(value)
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNS:
            return _SIGNS[type(sign)](_value(operand))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATIONS:
            return _bounded(_OPERATIONS[type(sign)](_value(left), _value(right)))
    raise ValueError("must use + - * / % ( ) only, as in 1000 * 60 * 15.")


def _bounded(value: Number) -> Number:
    # Checked at every step, so that no step can grow a number without end or reach infinity.
    if abs(value) > LARGEST:
        raise ValueError("is too large a number.")
    return value
