// SPDX-License-Identifier: Apache-2.0

import com.influxdb.client.InfluxDBClient;
import com.influxdb.client.InfluxDBClientFactory;
import com.influxdb.client.WriteApi;
import com.influxdb.client.WriteOptions;
import com.influxdb.client.domain.Bucket;
import com.influxdb.client.domain.InfluxQLQuery;
import com.influxdb.client.domain.Organization;
import com.influxdb.client.domain.WritePrecision;
import com.influxdb.client.write.Point;
import com.influxdb.client.write.events.WriteErrorEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** influxdb-client-java, the client of InfluxDB 2: each batch by itself, or, with V2_MODE=batching, by its own batches. */
final class V2 implements Driver.Program {
    private static final String ORG = "my-org";
    private final InfluxDBClient client = made();
    private final InfluxDBClient packed = made().enableGzip();
    private final boolean batching = "batching".equals(System.getenv("V2_MODE"));

    private static InfluxDBClient made() {
        return InfluxDBClientFactory.create(Driver.url, "my-token".toCharArray(), ORG, Driver.database);
    }

    public String connect() {
        if (!client.ping() || client.ready() == null) {
            throw new IllegalStateException("it is not there");
        }
        return client.version();
    }

    public void create() {
        Organization org = client.getOrganizationsApi().findOrganizations().stream()
                .filter(each -> each.getName().equals(ORG)).findFirst().orElse(null);
        Bucket bucket = org == null
                ? client.getBucketsApi().createBucket(Driver.database, client.getOrganizationsApi().findOrganizations().get(0))
                : client.getBucketsApi().createBucket(Driver.database, org);
        if (client.getBucketsApi().findBucketByName(bucket.getName()) == null) {
            throw new IllegalStateException("there is no such bucket");
        }
    }

    private static List<Point> converted(List<Driver.Point> points) {
        List<Point> made = new ArrayList<>();
        for (Driver.Point each : points) {
            made.add(Point.measurement(each.measurement()).addTags(each.tags()).addFields(each.fields())
                    .time(each.ns(), WritePrecision.NS));
        }
        return made;
    }

    private void send(InfluxDBClient to, List<Driver.Point> points) throws Exception {
        if (!batching) {
            Driver.batches(points, some -> to.getWriteApiBlocking().writePoints(converted(some)));
            return;
        }
        AtomicReference<Throwable> told = new AtomicReference<>();
        try (WriteApi api = batchingApi(to, told)) {
            api.writePoints(converted(points));
        }
        if (told.get() != null) {
            throw new IllegalStateException(told.get());
        }
    }

    /** What it could not write, and does not try again, it tells by an event. */
    private static WriteApi batchingApi(InfluxDBClient to, AtomicReference<Throwable> told) {
        WriteApi api = to.makeWriteApi(WriteOptions.builder().batchSize(1000).flushInterval(100).retryInterval(300)
                .maxRetryDelay(500).maxRetries(200).bufferLimit(50_000).build());
        api.listenEvents(WriteErrorEvent.class, event -> told.set(event.getThrowable()));
        return api;
    }

    public void write(List<Driver.Point> points) throws Exception {
        send(client, points);
    }

    public void gzip(List<Driver.Point> points) throws Exception {
        send(packed, points);
    }

    public void bad(List<String> lines) throws Exception {
        if (!batching) {
            client.getWriteApiBlocking().writeRecords(WritePrecision.NS, lines);
            return;
        }
        AtomicReference<Throwable> told = new AtomicReference<>();
        try (WriteApi api = batchingApi(client, told)) {
            api.writeRecords(WritePrecision.NS, lines);
        }
        if (told.get() != null) {
            throw new IllegalStateException(told.get());
        }
    }

    /** InfluxQL, which this client has beside Flux. */
    public String query() {
        String text = "SELECT count(\"integer\") FROM \"points\"";
        return String.valueOf(client.getInfluxQLQueryApi().query(new InfluxQLQuery(text, Driver.database))
                .getResults().get(0).getSeries().get(0).getValues().get(0).getValueByKey("count"));
    }

    public static void main(String[] arguments) throws Exception {
        Driver.arguments(arguments);
        Driver.serve(new V2());
    }
}
