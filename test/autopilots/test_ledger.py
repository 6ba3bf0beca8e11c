"""What the bridge remembers of orders: which are new, which are old, and which change something."""

import pytest

from liquid_nav.autopilots.ledger import Ledger, News
from liquid_nav.safety import Mode, Order


@pytest.mark.parametrize(
    "late", [Order("a", Mode.ENGAGED, 1, 1, 0.0, 4), Order("a", Mode.ENGAGED, 2, 2, 0.0, 3)]
)
def test_order_that_was_overtaken_is_not_current(late):
    ledger = Ledger()
    ledger.take(Order("a", Mode.HOLDING, 2, 1, 0.0, 4))
    assert ledger.take(late) == News(act=False, engagement=False, current=False)
    assert ledger.take(Order("a", Mode.HOLDING, 2, 1, 0.0, 4)).current


def test_order_differs_by_its_mode_and_by_its_supervisor():
    order = Order("a", Mode.HOLDING, 2, 1, 0.0, 4)
    assert order.differs_from(None)
    assert order.differs_from(Order("a", Mode.ENGAGED, 2, 1, 0.0, 4))
    assert order.differs_from(Order("b", Mode.HOLDING, 2, 1, 0.0, 4))
    assert not order.differs_from(Order("a", Mode.HOLDING, 1, 0, 9.0, 3))
