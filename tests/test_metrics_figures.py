"""Figures for Prometheus: a reading shows what spawner and broker tell, and a broker that is gone is no harm."""

import threading

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from hub_config import metrics

STATS = {
    "starts": [{"kind": "warm", "reason": "", "count": 7}, {"kind": "cold", "reason": "no zygote", "count": 2}],
    "start_seconds": {"warm": {"buckets": [[0.1, 5], [0.5, 7]], "sum": 0.9, "count": 7}},
    "wait_seconds": {"buckets": [[1.0, 3], [60.0, 4]], "sum": 31.5, "count": 5},
    "outcomes": {"ended": 3, "taken back": 1},
    "refusals": 4,
    "queue": 2,
    "leases": 3,
    "shares": 4,
    "free": 1,
    "kernels": 9,
    "servers": 5,
}


def reading(registry):
    """All samples of a reading, by name and labels, as Prometheus itself would take them in."""
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {(one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples}


def read(stats):
    registry = CollectorRegistry()
    registry.register(metrics.Broker(stats))
    return reading(registry)


def test_all_that_the_broker_counts_is_read():
    found = read(lambda: STATS)
    assert found["imagine_kernel_starts_total", ("kind", "cold"), ("reason", "no zygote")] == 2
    assert found["imagine_kernel_start_seconds_bucket", ("kind", "warm"), ("le", "0.1")] == 5
    assert found["imagine_kernel_start_seconds_bucket", ("kind", "warm"), ("le", "+Inf")] == 7
    assert found["imagine_lease_wait_seconds_sum",] == 31.5
    assert found["imagine_lease_wait_seconds_count",] == 5
    assert found["imagine_leases_ended_total", ("outcome", "taken back")] == 1
    assert found["imagine_lease_refusals_total",] == 4
    now = {name: found[name,] for name, _, _ in metrics.NOW}
    assert list(now.values()) == [2, 3, 4, 1, 9, 5]
    assert all(name.startswith("imagine_") for name, *_ in found)


@pytest.mark.parametrize("answer", [{}, {**STATS, "starts": None}, {**STATS, "wait_seconds": {"buckets": []}}])
def test_an_answer_that_is_none_leaves_the_page_without_those_figures(answer):
    assert read(lambda: answer) == {}


def test_a_broker_that_is_gone_leaves_the_page_without_its_figures_until_it_is_back():
    answers = [STATS]

    def stats():
        if not answers:
            raise ConnectionError("nobody answers")
        return answers.pop()

    broker, registry = metrics.Broker(stats), CollectorRegistry()
    registry.register(broker)
    assert reading(registry)
    assert reading(registry) == {}
    answers.append(STATS)
    assert reading(registry)


def test_a_broker_that_is_silent_holds_up_neither_this_reading_nor_the_next(monkeypatch):
    monkeypatch.setattr(metrics, "MOMENT", 0.01)
    wake, asked = threading.Event(), []

    def stats():
        asked.append(1)
        wake.wait(30)
        return STATS

    broker = metrics.Broker(stats)
    assert [list(broker.collect()) for _ in range(3)] == [[], [], []]
    assert len(asked) == 1, "one question waits, not one for each reading"
    wake.set()
    monkeypatch.setattr(metrics, "MOMENT", 30)
    assert list(broker.collect())


def test_starts_of_servers_and_the_line_are_counted():
    from prometheus_client import REGISTRY

    def count(kind):
        return REGISTRY.get_sample_value("imagine_server_starts_total", {"kind": kind}) or 0.0

    metrics.line_length(0)
    before = count("warm"), count("cold")
    metrics.server_started("warm", 0.2)
    metrics.server_started("cold", 3.0, "the warm process is gone")
    metrics.line_length(7)
    assert (count("warm"), count("cold")) == (before[0] + 1, before[1] + 1)
    assert REGISTRY.get_sample_value("imagine_line_length") == 7
    reason = {"reason": "the warm process is gone"}
    assert REGISTRY.get_sample_value("imagine_server_cold_starts_total", reason) == 1


def test_reasons_without_end_become_one():
    from prometheus_client import REGISTRY

    for number in range(3 * metrics.REASONS):
        metrics.server_started("cold", 1.0, f"reason {number}")
    text = generate_latest(REGISTRY).decode()
    assert text.count("imagine_server_cold_starts_total{") <= metrics.REASONS + 1
    assert 'reason="another reason"' in text
