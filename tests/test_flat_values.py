"""Values that are nested too deeply for pickle come through flat."""

import pickle
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from identity_cli.dialects.nesting import DEEPEST
from identity_cli.files.flat_values import flattened, restored

PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.binary(max_size=3)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
)


@given(VALUES)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    flat = flattened(value)
    assert not any(type(one) in (list, dict, tuple) for one in flat)
    assert repr(restored(pickle.loads(pickle.dumps(flat)))) == repr(value)


def test_however_deep_it_is_nested() -> None:
    value: Any = 10**30
    for _ in range(10 * DEEPEST):
        value = [value]
    back = restored(pickle.loads(pickle.dumps(flattened(value))))
    for _ in range(10 * DEEPEST):
        (back,) = back
    assert back == 10**30
