"""The steps, in order; each begins where the one before has ended, and gives a note for the table."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.errors import ExitCode
from serving.rollout.drill.fleet import Serves
from serving.rollout.drill.pusher import Order
from tests.cluster import images, jobs, replicas, the_node, traffic, training_pods
from tests.cluster.kubectl import ClusterError, get, kubectl, until
from tests.cluster.replicas import MODEL

OVERLAY = images.ROOT / "k8s" / "overlays" / "drill"
REPLICAS = 3
WITHIN = 2.0 + 1.0  # seconds for a rollback, the poll of models.config included
FAILING = 4
LATE = 7
_TICK = 420.0  # seconds until the CronJob, which starts each five minutes, has started
_RUN = 1800.0
_READY = 900.0  # seconds until all replicas are, and those that go have gone


@dataclass(frozen=True)
class Step:
    """What is done, and whether clients are answered meanwhile."""

    title: str
    run: Callable[[], str]
    client: bool = True
    """Whether the clients are there from the beginning, and count."""
    replicas: bool = True
    """Whether the replicas serve at the end."""


def agreed() -> dict[str, Serves]:
    """What each replica serves once all are ready and serve what models.config says, and nothing else.

    Raises:
        ClusterError: they do not in time.
    """
    wanted = the_node.configured()

    def same() -> dict[str, Serves] | None:
        serving = {name: replicas.serves(name) for name in replicas.settled(REPLICAS) or []}
        return serving if serving and all(served == wanted for served in serving.values()) else None

    return until(f"{REPLICAS} replicas that serve {wanted}", same, _READY)


def _applied() -> str:
    """A warning, as those of Pod Security, is an error to tests.cluster.kubectl."""
    the_node.mount()
    applied = kubectl("apply", "--kustomize", str(OVERLAY))
    level = get("namespace", "dragoman")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
    if level != "restricted":
        raise ClusterError(f"the namespace enforces {level}")
    return f"{len(applied.splitlines())} objects, Pod Security {level}, no warning"


def _scheduled_run() -> str:
    name = until("a start of the CronJob", _started_by_schedule, _TICK)
    done = jobs.finished(name, _RUN).expect(ExitCode.OK)
    if (pushed := [folder for folder in the_node.on_disk() if folder.isdecimal()]) != ["1"]:
        raise ClusterError(f"the run has pushed {pushed}: {done.last_line}")
    kubectl("patch", "cronjob/run", "--patch", json.dumps({"spec": {"suspend": True}}))
    return "the pipeline from the corpus to the push: version 1"


def _started_by_schedule() -> str | None:
    runs = get("jobs", "--selector=app.kubernetes.io/name=run")["items"]
    return str(runs[0]["metadata"]["name"]) if runs else None


def _first_promotion() -> str:
    jobs.run("promote-first", "promote-first-1")
    # They have ended again and again for want of models.config; new pods do not wait out the growing pauses.
    kubectl("rollout", "restart", "deployment/model-server")
    return "by Job, on no server; the replicas come up"


def _pushed() -> str:
    """Versions 2 to 6, so that there is something to roll out; the pipeline has made the first."""
    orders = [Order(version=version, failing=version == FAILING) for version in (2, 3, 4, 5, 6)]
    jobs.finished(jobs.push("push-toys", *orders)).expect(ExitCode.OK)
    traffic.begin()
    return f"toys 2 to 6 by Job, {FAILING} fails every request; then the clients begin"


def _reload_refused() -> str:
    asked = ("python", "-W", "ignore", "/client/reload.py", "model-server.dragoman", "8500")
    answers: dict[str, str] = json.loads(kubectl("exec", "client", "--", *asked))
    if len(answers) != REPLICAS or set(answers.values()) != {"PERMISSION_DENIED"}:
        raise ClusterError(f"a client's reload was answered with {answers}")
    traffic.flow()
    return f"HandleReloadConfigRequest without a model: PERMISSION_DENIED by {len(answers)} guards"


def _promote() -> str:
    done = jobs.run("promote", "promote-2", VERSION="2")
    return f"Job, {_followed(done.outcome())}"


def _canary_apart() -> str:
    """Clients without a label stay where they are, and a canary among them would have moved them."""
    stable = the_node.configured().stable
    console = jobs.start("console", "console-apart")
    until("the console", lambda: _typed(console, "versions"), _READY)
    _typed(console, "canary", MODEL, "3", "--apart", "--json")
    tried = {name: (replicas.trial(name), replicas.unlabelled(name)) for name in replicas.names()}
    if set(tried.values()) != {(3, stable)}:
        raise ClusterError(f"asked for the trial and without a label, the replicas gave {tried}")
    traffic.flow()
    _typed(console, "canary", MODEL, "none", "--json")
    until("the trial's end", lambda: not any(map(replicas.trial, replicas.names())), _READY)
    kubectl("delete", "job", console, "--wait=false")
    return f"console, 3 as a servable of its own; unlabelled clients stayed at {stable}; then withdrawn"


def _typed(console: str, *words: str) -> str:
    return kubectl("exec", f"job/{console}", "--", "dragoman", *words, patience=_READY)


def _canary() -> str:
    # So many times as slow: a busy machine is no reason to withdraw a good canary here.
    done = jobs.run("trial", "trial-3", VERSION="3", WATCH="20s", MAX_LATENCY_RATIO="20")
    seen = done.outcome()["watch"]["canary"]
    return f"Job, watched for 20 s, {seen['requests']} requests compared"


def _automatic_rollback() -> str:
    done = jobs.run("trial", "trial-4", ExitCode.CANARY_WITHDRAWN, VERSION=str(FAILING), WATCH="4m")
    seen = done.outcome()["watch"]["canary"]
    if the_node.configured().canary is not None:
        raise ClusterError("the failing canary still has its label")
    return f"Job, withdrawn after {seen['failed']} of {seen['requests']} requests to it had failed"


def _rollback() -> str:
    jobs.run("promote", "promote-3", VERSION="3")
    traffic.flow()
    outcome = _rolled_back("rollback-3", "cluster test", to=2)
    line = json.loads(the_node.history()[-1])
    last = traffic.flow().last[3] - datetime.fromisoformat(line["when"].replace("Z", "+00:00")).timestamp()
    if max(outcome["seconds"], last) > WITHIN:
        raise ClusterError(
            f"the rollback took {outcome['seconds']:.2f} s, the last request that 3 answered was sent "
            f"{last:.2f} s after it, and {WITHIN:g} s are allowed"
        )
    everywhere = f"on all replicas in {outcome['seconds']:.2f} s"
    return f"Job, {everywhere}; the last request that 3 answered was sent {last:.2f} s after it"


def _rolled_back(job: str, reason: str, to: int) -> dict[str, Any]:
    """The outcome of a Job that has rolled all replicas back to that version."""
    outcome = jobs.run("rollback", job, REASON=reason).outcome()
    if outcome["to"] != to or outcome["behind"]:
        raise ClusterError(f"the rollback went to {outcome['to']}; not followed: {outcome['behind']}")
    return outcome


def _rolling_restart() -> str:
    kubectl("rollout", "restart", "deployment/model-server")
    kubectl("rollout", "status", "deployment/model-server", f"--timeout={_READY:.0f}s", patience=_READY)
    return "kubectl rollout restart"


def _deleted() -> str:
    kubectl("delete", "pod", replicas.names()[0], "--wait=false")
    return "kubectl delete pod"


def _evicted() -> str:
    first, second, *_ = replicas.names()
    _evict(first)
    try:
        _evict(second)
    except ClusterError as error:
        if "disruption budget" not in str(error):
            raise
    else:
        raise ClusterError("a second eviction beside the first was allowed")
    return "eviction API; a second one at the same time is refused"


def _evict(name: str) -> None:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    path = f"/api/v1/namespaces/dragoman/pods/{name}/eviction"
    kubectl("create", "--raw", path, "--filename=-", given=json.dumps(eviction))


def _killed_in_promotion() -> str:
    victim = replicas.names()[0]
    restarts = _restarts(victim)
    with the_node.killing(replicas.container(victim), 5):
        job = jobs.start("promote", "promote-5", VERSION="5")
    done = jobs.finished(job).expect(ExitCode.OK)
    if _restarts(victim) != restarts + 1:
        raise ClusterError(f"{victim} was not restarted once")
    return f"its process, as models.config lists 5; the Job waited, {_followed(done.outcome())}"


def _restarts(name: str) -> int:
    return int(get("pod", name)["status"]["containerStatuses"][0]["restartCount"])


def _gateways_restarted() -> str:
    kubectl("rollout", "restart", "deployment/gateway")
    kubectl("rollout", "status", "deployment/gateway", f"--timeout={_READY:.0f}s", patience=_READY)
    return "kubectl rollout restart"


def _gateway_and_database_killed() -> str:
    # Of the gateways that stay: those of before the restart may still be draining.
    victims = [min(replicas.names("gateway")), "database-0"]
    for victim in victims:
        restarts = _restarts(victim)
        the_node.kill(replicas.container(victim))
        traffic.flow()
        until(f"another start of {victim}", lambda: _restarts(victim) > restarts, _READY)  # noqa: B023
    kubectl("wait", "pod/database-0", "--for=condition=Ready", f"--timeout={_READY:.0f}s", patience=_READY)
    return "their processes, one after the other"


def _guards_killed() -> str:
    names = replicas.names()
    the_node.kill(*map(replicas.guard, names))
    traffic.flow()
    return f"the processes of all {len(names)} at once"


def _server_hangs() -> str:
    victim = replicas.names()[0]
    restarts, began = _restarts(victim), time.monotonic()
    the_node.stop(replicas.container(victim))
    traffic.flow()
    until("the restart of what hangs", lambda: _restarts(victim) > restarts, _READY)
    return f"SIGSTOP to its process; restarted by its liveness probe after {time.monotonic() - began:.0f} s"


def _promoter_killed() -> str:
    before = the_node.configured().stable
    with the_node.killing(f"promote {MODEL} 6", 6):
        job = jobs.start("promote", "promote-6", VERSION="6")
    jobs.finished(job).expect(128 + 9)
    left = the_node.configured()
    if left.stable != before or 6 not in left.versions:
        raise ClusterError(f"the Job was not killed between its steps: models.config says {left}")
    traffic.flow()
    jobs.run("promote", "promote-6-again", VERSION="6")
    return f"its process, as models.config lists 6; {before} stayed stable, the next Job finished it"


def _volume_full() -> str:
    there = the_node.on_disk()
    with the_node.full():
        failed = jobs.finished(jobs.push("push-late", Order(version=LATE))).expect(ExitCode.FAILED)
        traffic.flow()
    if os.strerror(errno.ENOSPC) not in failed.last_line:
        raise ClusterError(f"the push failed for another reason: {failed.last_line}")
    if the_node.on_disk() != there:
        raise ClusterError(f"the push that failed has left {set(the_node.on_disk()) - set(there)}")
    jobs.finished(jobs.push("push-late-again", Order(version=LATE))).expect(ExitCode.OK)
    jobs.run("promote", "promote-7", VERSION=str(LATE))
    return "the push by Job failed and left nothing; with room again it went through and was promoted"


def _rollback_on_a_full_volume() -> str:
    with the_node.full(left=0):
        outcome = _rolled_back("rollback-full", "volume full", to=LATE - 1)
        traffic.flow()
    jobs.run("promote", "promote-7-again", VERSION=str(LATE))
    return f"Job, not a byte left, on all replicas in {outcome['seconds']:.2f} s; then {LATE} promoted again"


def _followed(outcome: dict[str, Any]) -> str:
    return f"{len(outcome['followed'])} replicas followed, {outcome['seconds']:.1f} s"


STEPS = (
    Step("images built and loaded", images.build_and_load, client=False, replicas=False),
    Step("overlay drill applied", _applied, client=False, replicas=False),
    Step("CronJob's run", _scheduled_run, client=False, replicas=False),
    Step("first promotion", _first_promotion, client=False),
    Step("versions pushed", _pushed, client=False),
    Step("reload by a client", _reload_refused),
    Step("promote", _promote),
    Step("canary apart", _canary_apart),
    Step("canary", _canary),
    Step("automatic rollback", _automatic_rollback),
    Step("rollback by command", _rollback),
    Step("rolling restart", _rolling_restart),
    Step("replica deleted", _deleted),
    Step("replica evicted", _evicted),
    Step("gateways restarted", _gateways_restarted),
    Step("gateway and database killed -9", _gateway_and_database_killed),
    Step("replica killed -9 in promotion", _killed_in_promotion),
    Step("guards killed -9 all at once", _guards_killed),
    Step("a server hangs", _server_hangs),
    Step("promoting Job killed -9 between steps", _promoter_killed),
    Step("volume full while pushing", _volume_full),
    Step("rollback on a full volume", _rollback_on_a_full_volume),
    Step("training on two pods", training_pods.losses_agree),
    Step("training pod killed -9", training_pods.killed),
)
