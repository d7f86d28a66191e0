"""Secrets that pass every rule and protect nothing; `load(GOOD_SECRETS, tmp_path)` gives the default settings."""

GOOD_SECRETS = {
    "JWT_SECRET": "5f2b6d0c9a7e41538e0d6c1b2a3f4958d7c6b5a4938271605f4e3d2c1b0a9988",
    "JWT_REFRESH_SECRET": "0c1d2e3f4a5b69788796a5b4c3d2e1f0a9b8c7d6e5f403122130495867768594",
    "CREDS_KEY": "91c2d3e4f5a6b7788695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1f001",
}
