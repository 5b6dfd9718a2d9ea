"""Errors: that of a call, and what it came from."""

import numpy as np


def refusal(function, arguments, keywords):
    """Return the error of a call, None where there is none."""
    try:
        with np.errstate(all="ignore"):
            function(*arguments, **keywords)
    except Exception as error:
        return error
    return None


def chain(error, path=()):
    """Return an error and all that it came from; fail where one came from itself."""
    assert all(one is not error for one in path), f"{error!r} is its own cause"
    before = {id(one): one for one in (error.__cause__, error.__context__) if one is not None}
    return [error, *(found for one in before.values() for found in chain(one, (*path, error)))]
