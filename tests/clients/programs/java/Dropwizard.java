// SPDX-License-Identifier: Apache-2.0

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.ScheduledReporter;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import metrics_influxdb.HttpInfluxdbProtocol;
import metrics_influxdb.InfluxdbReporter;
import metrics_influxdb.api.measurements.CategoriesMetricMeasurementTransformer;

/** metrics-influxdb, the reporter of Dropwizard's metrics: gauges, each a measurement with the tags that its name has. */
final class Dropwizard implements Driver.Program {
    private final AtomicReference<String> told = new AtomicReference<>();
    private final Logger logger = Logger.getLogger("metrics_influxdb");

    /** What went wrong it logs, and no more. */
    Dropwizard() {
        logger.addHandler(new Handler() {
            public void publish(LogRecord logged) {
                told.set(logged.getMessage() + " " + logged.getThrown());
            }

            public void flush() {
            }

            public void close() {
            }
        });
    }

    public void write(List<Driver.Point> points) {
        MetricRegistry registry = new MetricRegistry();
        for (Driver.Point each : points) {
            Object value = each.fields().get("float");
            registry.register(each.fields().get("integer") + ".points", (Gauge<Object>) () -> value);
        }
        ScheduledReporter reporter = InfluxdbReporter.forRegistry(registry)
                .protocol(new HttpInfluxdbProtocol("http", Driver.host, Driver.port, "user", "password", Driver.database))
                .skipIdleMetrics(false)
                .transformer(new CategoriesMetricMeasurementTransformer("number"))
                .build();
        told.set(null);
        reporter.report();
        if (told.get() != null) {
            throw new IllegalStateException(told.get());
        }
    }

    public static void main(String[] arguments) throws Exception {
        Driver.arguments(arguments);
        Driver.serve(new Dropwizard());
    }
}
