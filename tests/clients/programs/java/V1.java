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
final class V1 implements Driver.Program {
    private final InfluxDB client = InfluxDBFactory.connect(Driver.url, "user", "password");
    private final InfluxDB packed = InfluxDBFactory.connect(Driver.url, "user", "password").enableGzip();

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

    public static void main(String[] arguments) throws Exception {
        Driver.arguments(arguments);
        Driver.serve(new V1());
    }
}
