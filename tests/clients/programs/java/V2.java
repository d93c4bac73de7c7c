// SPDX-License-Identifier: Apache-2.0

import com.influxdb.client.InfluxDBClient;
import com.influxdb.client.InfluxDBClientFactory;
import com.influxdb.client.WriteApi;
import com.influxdb.client.WriteOptions;
import com.influxdb.client.domain.Bucket;
import com.influxdb.client.domain.BucketRetentionRules;
import com.influxdb.client.domain.InfluxQLQuery;
import com.influxdb.client.domain.Organization;
import com.influxdb.client.domain.WritePrecision;
import com.influxdb.client.write.Point;
import com.influxdb.client.write.events.WriteErrorEvent;
import com.influxdb.client.write.events.WriteSuccessEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

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
        batch(to, points.size(), api -> api.writePoints(converted(points)));
    }

    /** Waits until all was written, tried again too, or something was refused. (What is on its way when it is closed is lost.) */
    private static void batch(InfluxDBClient to, int lines, Consumer<WriteApi> write) throws Exception {
        AtomicReference<Throwable> told = new AtomicReference<>();
        AtomicInteger waiting = new AtomicInteger(lines);
        try (WriteApi api = to.makeWriteApi(WriteOptions.builder().batchSize(1000).flushInterval(100).retryInterval(300)
                .maxRetryDelay(500).maxRetries(200).bufferLimit(50_000).build())) {
            api.listenEvents(WriteErrorEvent.class, event -> told.set(event.getThrowable()));
            api.listenEvents(WriteSuccessEvent.class,
                    event -> waiting.addAndGet(-(int) event.getLineProtocol().lines().count()));
            write.accept(api);
            while (told.get() == null && waiting.get() > 0) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
        if (told.get() != null) {
            throw new IllegalStateException(told.get());
        }
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
        batch(client, lines.size(), api -> api.writeRecords(WritePrecision.NS, lines));
    }

    /** InfluxQL, which this client has beside Flux. */
    public String query() {
        String text = "SELECT count(\"integer\") FROM \"points\"";
        return String.valueOf(client.getInfluxQLQueryApi().query(new InfluxQLQuery(text, Driver.database))
                .getResults().get(0).getSeries().get(0).getValues().get(0).getValueByKey("count"));
    }

    public void manage() {
        if (client.getUsersApi().me() == null) {
            throw new IllegalStateException("nobody");
        }
        Bucket bucket = client.getBucketsApi().findBucketByName(Driver.database);
        bucket.setRetentionRules(List.of(new BucketRetentionRules().everySeconds(7 * 86_400)));
        client.getBucketsApi().updateBucket(bucket);
        Bucket found = client.getBucketsApi().findBucketByName(Driver.database);
        if (found.getRetentionRules().get(0).getEverySeconds() != 7 * 86_400) {
            throw new IllegalStateException("retention: " + found.getRetentionRules());
        }
        client.getBucketsApi().deleteBucket(bucket);
        if (client.getBucketsApi().findBucketByName(Driver.database) != null) {
            throw new IllegalStateException("the bucket is still there");
        }
    }

    public static void main(String[] arguments) throws Exception {
        Driver.arguments(arguments);
        Driver.serve(new V2());
    }
}
