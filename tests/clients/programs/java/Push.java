// SPDX-License-Identifier: Apache-2.0

import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Gauge;
import io.prometheus.client.exporter.PushGateway;
import java.net.URL;
import java.util.List;
import java.util.Map;

/** simpleclient_pushgateway, in the version that Flink's reporter bundles, whose jobs push their gauges. */
final class Push implements Driver.Program {
    public void write(List<Driver.Point> points) throws Exception {
        CollectorRegistry registry = new CollectorRegistry();
        Gauge gauge = Gauge.build("points", "words").labelNames("number").register(registry);
        for (Driver.Point each : points) {
            gauge.labels(each.fields().get("integer").toString()).set((Double) each.fields().get("float"));
        }
        String batch = points.get(0).fields().get("integer").toString();
        new PushGateway(new URL(Driver.url)).push(registry, "job", Map.of("batch", batch));
    }

    public static void main(String[] arguments) throws Exception {
        Driver.arguments(arguments);
        Driver.serve(new Push());
    }
}
