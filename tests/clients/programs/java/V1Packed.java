// SPDX-License-Identifier: Apache-2.0

import okhttp3.OkHttpClient;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDB.ResponseFormat;
import org.influxdb.InfluxDBFactory;

/** influxdb-java that is answered in MessagePack. */
final class V1Packed extends V1 {
    @Override
    InfluxDB connected() {
        return InfluxDBFactory.connect(Driver.url, "user", "password", new OkHttpClient.Builder(), ResponseFormat.MSGPACK);
    }

    public static void main(String[] arguments) throws Exception {
        Driver.arguments(arguments);
        Driver.serve(new V1Packed());
    }
}
