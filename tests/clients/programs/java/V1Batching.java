// SPDX-License-Identifier: Apache-2.0

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.Query;

/** influxdb-java with enableBatch: it keeps what it could not write and tries again, and tells a handler of what it drops. */
final class V1Batching implements Driver.Program {
    private final AtomicReference<Throwable> told = new AtomicReference<>();
    private final InfluxDB client = made();
    private final InfluxDB packed = made().enableGzip();

    private InfluxDB made() {
        InfluxDB made = InfluxDBFactory.connect(Driver.url, "user", "password").setDatabase(Driver.database);
        return made.enableBatch(BatchOptions.DEFAULTS.actions(1000).flushDuration(100).bufferLimit(20_000)
                .exceptionHandler((points, error) -> told.set(error)));
    }

    public String connect() {
        return client.ping().getVersion();
    }

    public void create() {
        client.query(new Query("CREATE DATABASE \"" + Driver.database + "\""));
    }

    private void send(InfluxDB to, List<Driver.Point> points) throws Exception {
        told.set(null);
        for (Driver.Point each : points) {
            to.write(V1.made(each));
        }
        to.flush();
        arrived(points);
        if (told.get() != null) {
            throw new IllegalStateException(told.get());
        }
    }

    /** flush() does not wait for what is tried again: the last point is asked for. */
    private void arrived(List<Driver.Point> points) throws Exception {
        Driver.Point last = points.get(points.size() - 1);
        Query query = new Query("SELECT count(\"integer\") FROM \"points\" WHERE time = " + last.ns(), Driver.database);
        while (told.get() == null) {
            try {
                if (client.query(query).getResults().get(0).getSeries() != null) {
                    return;
                }
            } catch (RuntimeException away) {
                // The server is away, and the points wait.
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    public void write(List<Driver.Point> points) throws Exception {
        send(client, points);
    }

    public void gzip(List<Driver.Point> points) throws Exception {
        send(packed, points);
    }

    public String query() {
        return "" + ((Number) client.query(new Query("SELECT count(\"integer\") FROM \"points\"", Driver.database),
                TimeUnit.NANOSECONDS).getResults().get(0).getSeries().get(0).getValues().get(0).get(1)).longValue();
    }

    public static void main(String[] arguments) throws Exception {
        Driver.arguments(arguments);
        Driver.serve(new V1Batching());
    }
}
