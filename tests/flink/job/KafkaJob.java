// SPDX-License-Identifier: Apache-2.0

import java.util.Arrays;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Two pipelines that never end, with a checkpoint a second: numbers go into the topic `orders`, faster than the second one reads
 * them there and writes them to `prices`, so that there is a lag. The argument is the broker's address. It is compiled against
 * Flink 1.20 and 2.x alike.
 */
public class KafkaJob {
  public static void main(String[] arguments) throws Exception {
    String broker = arguments[0];
    createTopics(broker);
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(2);
    environment.enableCheckpointing(1000);
    // Barriers do not wait behind what the slow one has not done yet.
    environment.getCheckpointConfig().enableUnalignedCheckpoints();
    environment
        .fromSequence(0, Long.MAX_VALUE)
        .map(new Slow<Long>(10))
        .name("make")
        .map(new Text())
        .name("text")
        .sinkTo(sink(broker, "orders"))
        .name("orders out");
    KafkaSource<String> source =
        KafkaSource.<String>builder()
            .setBootstrapServers(broker)
            .setTopics("orders")
            .setGroupId("prices")
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setValueOnlyDeserializer(new SimpleStringSchema())
            .build();
    environment
        .fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "orders in")
        .rebalance()
        .map(new Slow<String>(25))
        .name("price")
        .sinkTo(sink(broker, "prices"))
        .name("prices out");
    environment.execute("orders and prices");
  }

  /** Without its topic a source fails, and the job restarts until there is one. */
  private static void createTopics(String broker) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", broker);
    try (Admin admin = Admin.create(properties)) {
      admin.createTopics(Arrays.asList(new NewTopic("orders", 2, (short) 1), new NewTopic("prices", 2, (short) 1))).all().get();
    }
  }

  private static KafkaSink<String> sink(String broker, String topic) {
    return KafkaSink.<String>builder()
        .setBootstrapServers(broker)
        .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .setRecordSerializer(
            KafkaRecordSerializationSchema.<String>builder()
                .setTopic(topic)
                .setValueSerializationSchema(new SimpleStringSchema())
                .build())
        .build();
  }

  static class Text implements MapFunction<Long, String> {
    @Override
    public String map(Long number) {
      return "order " + number;
    }
  }

  static class Slow<T> implements MapFunction<T, T> {
    private final long pause;

    Slow(long pause) {
      this.pause = pause;
    }

    @Override
    public T map(T value) throws InterruptedException {
      Thread.sleep(pause);
      return value;
    }
  }
}
