// SPDX-License-Identifier: Apache-2.0

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.influx.InfluxApiVersion;
import io.micrometer.influx.InfluxConfig;
import io.micrometer.influx.InfluxMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Micrometer's registry for InfluxDB, as Spring Boot uses it: gauges, written at the end of each step; for InfluxDB 1 with
    a database and retention policy of its own, or (INFLUX_API=v2) a bucket. */
final class Micrometer implements Driver.Program {
    private static final class Registry extends InfluxMeterRegistry {
        Registry(InfluxConfig config) {
            super(config, Clock.SYSTEM);
        }

        @Override
        public void publish() {
            super.publish();
        }
    }

    private final AtomicReference<String> told = new AtomicReference<>();
    private final Logger logger = Logger.getLogger("io.micrometer.influx.InfluxMeterRegistry");
    private final Registry plain = new Registry(new Config(false));
    private final Registry packed = new Registry(new Config(true));

    private record Config(boolean compressed) implements InfluxConfig {
        private static final boolean V2 = "v2".equals(System.getenv("INFLUX_API"));

        public String get(String key) {
            return null;
        }

        public String uri() {
            return Driver.url;
        }

        public String db() {
            return Driver.database;
        }

        public InfluxApiVersion apiVersion() {
            return V2 ? InfluxApiVersion.V2 : InfluxApiVersion.V1;
        }

        public String bucket() {
            return Driver.database;
        }

        public String org() {
            return V2 ? "my-org" : null;
        }

        public String token() {
            return V2 ? "my-token" : null;
        }

        public String retentionPolicy() {
            return V2 ? null : "my_rp";
        }

        public String retentionDuration() {
            return V2 ? null : "520w";
        }

        public Duration step() {
            return Duration.ofHours(1);
        }

        public boolean compressed() {
            return compressed;
        }
    }

    /** What went wrong it logs, and no more. */
    Micrometer() {
        logger.addHandler(new Handler() {
            public void publish(LogRecord logged) {
                if (logged.getLevel().intValue() > java.util.logging.Level.INFO.intValue()) {
                    told.set(logged.getMessage() + " " + logged.getThrown());
                }
            }

            public void flush() {
            }

            public void close() {
            }
        });
    }

    /** Its first step creates its database, before it writes: with `CREATE DATABASE … NAME my_rp`. */
    public void create() throws Exception {
        if (Config.V2) {
            throw new Driver.Nothing();
        }
        send(plain, List.of());
    }

    private void send(Registry registry, List<Driver.Point> points) {
        told.set(null);
        registry.clear();
        for (Driver.Point each : points) {
            double value = (Double) each.fields().get("float");
            Gauge.builder("points", () -> value).tag("number", each.fields().get("integer").toString()).register(registry);
        }
        registry.publish();
        if (told.get() != null) {
            throw new IllegalStateException(told.get());
        }
    }

    public void write(List<Driver.Point> points) {
        send(plain, points);
    }

    public void gzip(List<Driver.Point> points) {
        send(packed, points);
    }

    public static void main(String[] arguments) throws Exception {
        Driver.arguments(arguments);
        Driver.serve(new Micrometer());
    }
}
