"""The prices of the shop."""

PURCHASE_PRICE = {"roadster": 210}  # SECRET-shop-prices
PRICE = {"roadster": 499, "tandem": 1299}


def show(req, item="roadster"):
    return "<html><body><p>%s: %d</p></body></html>" % (item, PRICE.get(item, 0))
