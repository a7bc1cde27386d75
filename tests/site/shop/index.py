"""The shop: pages by mod_python's publisher."""


def index(req):
    return "<html><body><h1>Shop</h1><a href='prices.py/show?item=roadster'>Roadster</a></body></html>"


def fail(req):
    raise ValueError("SECRET-shop-exception in the order of a customer")
