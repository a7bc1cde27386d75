"""Settings of the whole site."""

DATABASE = "marlow"
DATABASE_PASSWORD = "SECRET-settings"
