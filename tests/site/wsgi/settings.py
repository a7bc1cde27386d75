PASSWORD = "SECRET-wsgi-settings"
