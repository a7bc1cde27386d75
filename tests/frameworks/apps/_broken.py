"""A module that cannot be compiled, as far as whoever imports it can tell."""

import _plain

application = _plain.application
compile('card = "Zx9SecretLocal" +* Zx9SecretSource\n', "/srv/shop/till.py", "exec")
