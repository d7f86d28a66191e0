"""
How gunicorn serves: `gunicorn -c deploy/gunicorn.conf.py identity_service.wsgi:application`.

Where a choice has a figure beside it, it was measured on two cores, one for the server and one for the load.
"""

import gc
import sys
from pathlib import Path

# The project's folder, wherever gunicorn was started.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deploy import memory

memory.settle()
# What is loaded stays; to look it through for garbage meanwhile is a tenth of the time until the first answer.
gc.disable()

from deploy import counters, start  # noqa: E402 - what they load would be loaded twice

_files = start.settle_files()
_server = start.read_settings().server
counters.share()

import gunicorn.http.wsgi  # noqa: E402
from gunicorn.arbiter import Arbiter  # noqa: E402
from gunicorn.workers.base import Worker  # noqa: E402

from identity_service.foundation.scratch import in_memory  # noqa: E402

# The Server header; gunicorn always sends one and has no setting for what it says.
gunicorn.http.wsgi.SERVER = "identity"

# The second address is for /metrics alone. The application tells the two apart by SERVER_PORT, which gunicorn takes
# from the listening socket and from nothing that a client sends.
start.look_at_address(_server.host, _server.port)
bind = [start.address(_server.host, _server.port)]
if start.has_metrics_address(_server.metrics_host, _server.metrics_port):
    bind.append(start.address(_server.metrics_host, _server.metrics_port))

# The application and its libraries, 80 MB, are loaded once and shared: after load a worker has about 20 MB of its own.
preload_app = True
workers = _server.workers
worker_tmp_dir = str(in_memory() or "") or None  # a heartbeat must not wait for a disk

# No slow client takes a thread: see the module. Beside the stock threaded worker it serves 1.25 to 1.6 times as many
# small requests at 1, 16 and 64 connections, with half its p99 at 16 (4 to 10 ms instead of 11 to 14).
worker_class = "deploy.patient_worker.PatientWorker"

# As many requests as may be under way at once. 48 of them may be people whose passwords wait to be hashed; 64 leaves 16
# for the rest. A thread is started when it is first needed, and 64 cost little more than 16: at 16 and 64 connections
# the rate is at most 3 % lower when requests compute, 7 % when each waits 1.5 ms for something else.
threads = _server.threads

# Connections of a worker: far more than are ever busy, so that an attacker needs thousands a second to push out those
# that have just been answered. An idle one costs 3 KB. A quarter of the open files stays for the database.
worker_connections = min(2000 + threads, _files * 3 // 4)

# Longer than a chat back end or a proxy (nginx: 60 s, Traefik: 90 s, Caddy: 120 s) keeps an idle connection, so that it
# is never we who close it while a request is on its way: no proxy repeats a POST.
keepalive = 130

# A reload or a stop waits this long for requests under way; container runtimes wait 30 s before they kill. Before that,
# for DRAIN_SECONDS, /readyz says 503 and everything else is served as ever.
_drain = _server.drain.total_seconds()
graceful_timeout = 25 + round(_drain)
timeout = 30

# Never: memory is flat after load (see bench), and each restart would cost a worker's connections.
max_requests = 0

# Loopback is nobody special: whoever can reach the port could claim to be https, or another path. How many proxies are
# believed is TRUST_PROXY's to say, and the application applies it.
forwarded_allow_ips = ""
secure_scheme_headers = {}
forwarder_headers = ""

# The parser whose answers to ambiguous requests are tested, even if another one is installed.
http_parser = "python"
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190

# Nobody needs a second way in.
control_socket_disable = True

# The application writes the access log; what gunicorn itself has to say comes as JSON lines as well.
accesslog = None
errorlog = "-"
# Its debug lines repeat the path of each request, and a path may hold somebody's secret.
loglevel = "info" if _server.log_level == "debug" else _server.log_level
logger_class = "deploy.json_log.JSONLogger"


def pre_fork(server: Arbiter, worker: Worker) -> None:  # noqa: ARG001 - gunicorn passes both
    """Look for garbage again, now that the application is loaded; also after a reload, which runs this file anew."""
    gc.enable()


def post_fork(server: Arbiter, worker: Worker) -> None:  # noqa: ARG001 - gunicorn passes both
    """Tell a new worker how long it says that it leaves before it does."""
    worker.drain = _drain


def post_worker_init(worker: Worker) -> None:
    """Let a new worker see to letters that wait, whether anybody asks it for something or not."""
    begin = getattr(worker.wsgi, "begin", None)
    if begin is not None:
        begin()
