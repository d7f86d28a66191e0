"""
What the libraries alone take: those that the service stands on, loaded and shared, and a route that only answers.

So much memory is nobody's doing here. Only those that every installation loads: neither MongoDB's nor Redis's.
"""

import gc

import authlib.oauth2.rfc6749
import email_validator
import flask_limiter
import flask_sqlalchemy
import joserfc.jwt
import prometheus_client
import pwdlib.hashers.argon2
import pwdlib.hashers.bcrypt
import pydantic_settings
import sqlalchemy.dialects.sqlite
import structlog

from bench.bare import flask_route as application

__all__ = ["application"]

LOADED = (
    *(authlib.oauth2.rfc6749, joserfc.jwt, email_validator, pydantic_settings, structlog, prometheus_client),
    *(flask_limiter, flask_sqlalchemy, sqlalchemy.dialects.sqlite, pwdlib.hashers.argon2, pwdlib.hashers.bcrypt),
)

application.url_map.update()
gc.collect()
gc.freeze()
