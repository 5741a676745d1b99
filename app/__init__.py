"""Keydesk: who may use which system, with which key, for which acts, by whose approval."""

import base64

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import app.models.everything  # noqa: F401 - declares every table
from app import cli, views
from app.extensions import csrf, db
from app.models import encryption
from app.security import key_policy
from app.security.key_policy import KeyPolicy
from app.security.manager import KeydeskSecurityManager
from app.views.builder import KeydeskBuilder, LateRule
from app.views.home import HomeView
from app.views.templating import Templates
from app.workflow.engine import guard_states
from config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application, configured from the environment unless `settings` are given."""
    settings = settings or Settings.from_environment()
    application = Flask(__name__)
    application.jinja_environment = Templates
    application.url_rule_class = LateRule
    application.config.from_mapping(settings.flask())
    application.config["FAB_BASE_TEMPLATE"] = "base.html"
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        application.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            application.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    encryption.configure(base64.urlsafe_b64encode(settings.field_key).decode())
    key_policy.configure(
        KeyPolicy(
            required=settings.login_requires_key,
            named=bool(settings.webauthn_origins),
            origins=settings.key_origins,
            rp_id=settings.key_rp_id,
        )
    )
    guard_states()
    db.init_app(application)
    csrf.init_app(application)
    with application.app_context():
        builder = KeydeskBuilder(
            application,
            db.session,
            indexview=HomeView,
            security_manager_class=KeydeskSecurityManager,
        )
        views.register(application, builder)
    cli.register(application)
    return application
