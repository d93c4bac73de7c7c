// SPDX-License-Identifier: Apache-2.0

import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;
import io.prometheus.client.exporter.PushGateway;
import java.net.URL;
import java.util.Collections;
import java.util.Map;

/** Pushes with the Java client that Flink bundles: push, pushAdd and delete. */
public class Pushes {
  public static void main(String[] arguments) throws Exception {
    PushGateway gateway = new PushGateway(new URL(arguments[0]));
    CollectorRegistry registry = new CollectorRegistry();
    Gauge.build("java_pushed_gauge", "words").register(registry).set(1.5);
    Histogram.build("pushed_histogram", "words").buckets(1, 5).register(registry).observe(2);
    Map<String, String> key = Collections.singletonMap("path", "/a b/c");
    gateway.push(registry, "java job", key);
    CollectorRegistry other = new CollectorRegistry();
    Gauge.build("pushed_total", "words").register(other).set(3);
    gateway.pushAdd(other, "java job", key);
    gateway.push(registry, "gone");
    gateway.delete("gone");
  }
}
