// SPDX-License-Identifier: Apache-2.0

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.exporter.pushgateway.PushGateway;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Pushes with the new Java client: push, pushAdd and delete. */
public class Pushes {
  static PushGateway gateway(String address, String job, PrometheusRegistry registry) {
    return PushGateway.builder().address(address).job(job).groupingKey("path", "/a b/c").registry(registry).build();
  }

  public static void main(String[] arguments) throws Exception {
    PrometheusRegistry registry = new PrometheusRegistry();
    Gauge.builder().name("java_pushed_gauge").help("words").register(registry).set(1.5);
    Histogram.builder().name("pushed_histogram").help("words").classicOnly().classicUpperBounds(1, 5).register(registry)
        .observe(2);
    gateway(arguments[0], "java job", registry).push();
    PrometheusRegistry other = new PrometheusRegistry();
    Counter.builder().name("pushed_total").help("words").register(other).inc(3);
    gateway(arguments[0], "java job", other).pushAdd();
    gateway(arguments[0], "gone", registry).push();
    gateway(arguments[0], "gone", registry).delete();
  }
}
