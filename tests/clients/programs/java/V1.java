// SPDX-License-Identifier: Apache-2.0

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;

/** influxdb-java, the client of InfluxDB 1: each batch by itself. */
class V1 implements Driver.Program {
    private final InfluxDB client = connected();
    private final InfluxDB packed = connected().enableGzip();

    InfluxDB connected() {
        return InfluxDBFactory.connect(Driver.url, "user", "password");
    }

    public String connect() {
        return client.ping().getVersion();
    }

    @SuppressWarnings("deprecation")
    public void create() {
        client.createDatabase(Driver.database);
        if (!client.describeDatabases().contains(Driver.database)) {
            throw new IllegalStateException("there is no such database");
        }
        client.createRetentionPolicy("week", Driver.database, "7d", 1, false);
    }

    static Point made(Driver.Point point) {
        return Point.measurement(point.measurement()).tag(point.tags()).fields(point.fields())
                .time(point.ns(), TimeUnit.NANOSECONDS).build();
    }

    private void send(InfluxDB to, List<Driver.Point> points) throws Exception {
        Driver.batches(points, some -> {
            BatchPoints batch = BatchPoints.database(Driver.database).retentionPolicy("autogen").build();
            some.forEach(each -> batch.point(made(each)));
            to.write(batch);
        });
    }

    public void write(List<Driver.Point> points) throws Exception {
        send(client, points);
    }

    public void gzip(List<Driver.Point> points) throws Exception {
        send(packed, points);
    }

    public void bad(List<String> lines) {
        client.write(Driver.database, "autogen", InfluxDB.ConsistencyLevel.ONE, lines);
    }

    public String query() {
        QueryResult found = client.query(new Query("SELECT count(\"integer\") FROM \"points\"", Driver.database));
        return "" + ((Number) found.getResults().get(0).getSeries().get(0).getValues().get(0).get(1)).longValue();
    }

    @SuppressWarnings("deprecation")
    public void manage() throws Exception {
        BatchPoints kept = BatchPoints.database(Driver.database).retentionPolicy("week").build();
        kept.point(Point.measurement("kept").addField("value", 1.5).build());
        client.write(kept);
        Query asked = new Query("SELECT value FROM week.kept", Driver.database);
        for (int tries = 0; client.query(asked).getResults().get(0).getSeries() == null; ++tries) {
            if (tries == 100) {
                throw new IllegalStateException("it did not arrive");
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        client.dropRetentionPolicy("week", Driver.database);
        client.deleteDatabase(Driver.database);
        if (client.describeDatabases().contains(Driver.database)) {
            throw new IllegalStateException("the database is still there");
        }
    }

    public static void main(String[] arguments) throws Exception {
        Driver.arguments(arguments);
        Driver.serve(new V1());
    }
}
