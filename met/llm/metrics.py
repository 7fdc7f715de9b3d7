"""What Prometheus sees of the model door: requests, tokens and seconds by endpoint and step, and how full each is."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily

from met.errors import BadSetting
from met.llm.lanes import Lane
from met.types import Reply

LOCALHOST = "127.0.0.1"
BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Meter:
    """Counts of one engine. Names begin with `met_llm_`; an endpoint is named by its address."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self.registry = CollectorRegistry()
        self._lanes = tuple(lanes)
        where, by = self.registry, ("endpoint", "step")
        self._requests = Counter("met_llm_requests", "Requests by outcome.", (*by, "outcome"), registry=where)
        self._tokens = Counter("met_llm_tokens", "Tokens of prompts, replies.", (*by, "way"), registry=where)
        self._seconds = Histogram("met_llm_seconds", "Seconds of an answer.", by, buckets=BUCKETS, registry=where)
        self.registry.register(self)

    def answered(self, lane: Lane, reply: Reply) -> None:
        """Count an answer; a permanent no is `refused`."""
        labels = (lane.endpoint.address.url, reply.step)
        self._requests.labels(*labels, "refused" if reply.refusal else "answered").inc()
        self._tokens.labels(*labels, "in").inc(reply.tokens_in)
        self._tokens.labels(*labels, "out").inc(reply.tokens_out)
        self._seconds.labels(*labels).observe(reply.seconds)

    def failed(self, lane: Lane, step: str, *, busy: bool) -> None:
        """Count an attempt that is made again."""
        self._requests.labels(lane.endpoint.address.url, step, "busy" if busy else "failed").inc()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return what each endpoint has in flight now, how many it may have, and whether it is sound (1) or not (0)."""
        in_flight = _gauge("in_flight", "Requests in flight.")
        limit = _gauge("limit", "Requests that may be in flight.")
        sound = _gauge("sound", "1 where the last request was answered well.")
        for lane in self._lanes:
            endpoint = [lane.endpoint.address.url]
            in_flight.add_metric(endpoint, lane.in_flight)
            limit.add_metric(endpoint, lane.climb.limit)
            sound.add_metric(endpoint, int(lane.is_sound))
        return (in_flight, limit, sound)

    def serve(self, port: int) -> None:
        """Show the counts at http://127.0.0.1:PORT/metrics from now on.

        Raises:
            BadSetting: the port is taken.
        """
        try:
            start_http_server(port, addr=LOCALHOST, registry=self.registry)
        except OSError as error:
            raise BadSetting(name="MET_METRICS_PORT", why=f"{port} cannot be used: {error.strerror}") from None


def _gauge(name: str, told: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"met_llm_{name}", told, labels=["endpoint"])
