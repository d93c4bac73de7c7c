// SPDX-License-Identifier: Apache-2.0

import com.influxdb.v3.client.InfluxDBClient;
import com.influxdb.v3.client.Point;
import com.influxdb.v3.client.config.ClientConfig;
import com.influxdb.v3.client.write.WritePrecision;
import java.util.ArrayList;
import java.util.List;

/** influxdb3-java, the client of InfluxDB 3. */
final class V3 implements Driver.Program {
    private final InfluxDBClient client = made(Integer.MAX_VALUE);
    private final InfluxDBClient packed = made(1);

    private static InfluxDBClient made(int gzipThreshold) {
        return InfluxDBClient.getInstance(new ClientConfig.Builder().host(Driver.url).token("my-token".toCharArray())
                .database(Driver.database).gzipThreshold(gzipThreshold)
                .writeNoSync("true".equals(System.getenv("V3_NO_SYNC"))).build());
    }

    public String connect() {
        return client.getServerVersion();
    }

    private void send(InfluxDBClient to, List<Driver.Point> points) throws Exception {
        Driver.batches(points, some -> {
            List<Point> made = new ArrayList<>();
            for (Driver.Point each : some) {
                made.add(Point.measurement(each.measurement()).setTags(each.tags()).setFields(each.fields())
                        .setTimestamp(each.ns(), WritePrecision.NS));
            }
            to.writePoints(made);
        });
    }

    public void write(List<Driver.Point> points) throws Exception {
        send(client, points);
    }

    public void gzip(List<Driver.Point> points) throws Exception {
        send(packed, points);
    }

    public void bad(List<String> lines) {
        client.writeRecord(String.join("\n", lines));
    }

    public String query() {
        try (var rows = client.query("SELECT count(integer) FROM points")) {
            return String.valueOf(rows.findFirst().orElseThrow()[0]);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Driver.arguments(arguments);
        Driver.serve(new V3());
    }
}
