// SPDX-License-Identifier: Apache-2.0

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.HistogramStatistics;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * A streaming job that never ends, with a metric of every kind that Flink's reporters know: numbers go a hundred a second through
 * two tasks, with a checkpoint a second. With the argument `throwing` its only metric is a gauge that throws. It is compiled against
 * Flink 1.20 and 2.x alike.
 */
public class GaugeJob {
  public static void main(String[] arguments) throws Exception {
    boolean throwing = Arrays.asList(arguments).contains("throwing");
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment.setParallelism(throwing ? 1 : 2);
    environment.enableCheckpointing(1000);
    environment
        .fromSequence(0, Long.MAX_VALUE)
        .map(new Slow())
        .name("slow")
        .rebalance()
        .map(throwing ? new Throwing() : new Measured())
        .name("measured, a=b c")
        .sinkTo(new DiscardingSink<>())
        .name("nowhere");
    environment.execute(throwing ? "throwing" : "every gauge");
  }

  /** Lets fifty numbers a second through. */
  static class Slow extends RichMapFunction<Long, Long> {
    @Override
    public Long map(Long number) throws InterruptedException {
      Thread.sleep(20);
      return number;
    }
  }

  static class Throwing extends RichMapFunction<Long, Long> {
    @Override
    public void open(OpenContext context) {
      getRuntimeContext().getMetricGroup().gauge("throws", (Gauge<Long>) () -> {
        throw new IllegalStateException("this gauge throws");
      });
    }

    @Override
    public Long map(Long number) {
      return number;
    }
  }

  static class Measured extends RichMapFunction<Long, Long> {
    private transient Counter counted;
    private transient Meter metered;
    private transient long last;

    @Override
    public void open(OpenContext context) {
      MetricGroup group = getRuntimeContext().getMetricGroup().addGroup("kinds");
      numbers(group);
      others(group);
      MetricGroup own = group.addGroup("shop", "a, b=c d\\e \"f\" ü");
      own.gauge("tagged", (Gauge<Long>) () -> last);
      group.addGroup("path", "C:\\").gauge("backslash", (Gauge<Long>) () -> last);
      group.gauge("with-dash and blank", (Gauge<Long>) () -> last);
      counted = group.counter("counter");
      metered = group.meter("meter", new MeterView(group.counter("metered"), 5));
      group.histogram("histogram", new Fixed());
    }

    private void numbers(MetricGroup group) {
      group.gauge("long", (Gauge<Long>) () -> last);
      group.gauge("int", (Gauge<Integer>) () -> -7);
      group.gauge("double", (Gauge<Double>) () -> 1.5);
      group.gauge("float", (Gauge<Float>) () -> 0.25f);
      group.gauge("decimal", (Gauge<BigDecimal>) () -> new BigDecimal("12.125"));
      group.gauge("least_long", (Gauge<Long>) () -> Long.MIN_VALUE);
      group.gauge("tiny", (Gauge<Double>) () -> Double.MIN_VALUE);
      group.gauge("large", (Gauge<Double>) () -> Double.MAX_VALUE);
      group.gauge("beyond_64_bits", (Gauge<BigInteger>) () -> BigInteger.TWO.pow(70));
      group.gauge("nan", (Gauge<Double>) () -> Double.NaN);
      group.gauge("infinite", (Gauge<Double>) () -> Double.POSITIVE_INFINITY);
      group.gauge("minus_infinite", (Gauge<Float>) () -> Float.NEGATIVE_INFINITY);
      // A number or not, one after the other.
      AtomicLong asked = new AtomicLong();
      group.gauge("now_and_then_nan", (Gauge<Double>) () -> asked.incrementAndGet() % 4 < 2 ? Double.NaN : 2.5);
    }

    private void others(MetricGroup group) {
      group.gauge("true", (Gauge<Boolean>) () -> true);
      AtomicLong flips = new AtomicLong();
      group.gauge("boolean", (Gauge<Boolean>) () -> flips.incrementAndGet() % 4 < 2);
      group.gauge("null", (Gauge<Object>) () -> null);
      AtomicLong asked = new AtomicLong();
      group.gauge("now_and_then_null", (Gauge<Long>) () -> asked.incrementAndGet() % 4 < 2 ? null : Long.valueOf(3));
      group.gauge("string", (Gauge<String>) () -> "it's \"quoted\", a\\b\nand ünicode ");
      group.gauge("string_of_digits", (Gauge<String>) () -> "42.5");
      group.gauge("list", (Gauge<Object>) () -> Arrays.asList(1, 2));
      group.gauge("map", (Gauge<Object>) () -> Collections.singletonMap("a", 1));
      AtomicLong changes = new AtomicLong();
      group.gauge("changing", (Gauge<Object>) () -> changed(changes.getAndIncrement() / 2));
    }

    /** The two reporters ask in turns, so each kind is seen by both. */
    private static Object changed(long turn) {
      switch ((int) (turn % 4)) {
        case 0:
          return 5L;
        case 1:
          return 5.5;
        case 2:
          return "five";
        default:
          return true;
      }
    }

    @Override
    public Long map(Long number) {
      last = number;
      counted.inc();
      metered.markEvent();
      return number;
    }
  }

  /** A histogram of the values 1, 2 and 9. */
  static class Fixed implements Histogram {
    @Override
    public void update(long value) {}

    @Override
    public long getCount() {
      return 3;
    }

    @Override
    public HistogramStatistics getStatistics() {
      return new HistogramStatistics() {
        @Override
        public double getQuantile(double quantile) {
          return quantile < 0.5 ? 1 : quantile < 0.75 ? 2 : 9;
        }

        @Override
        public long[] getValues() {
          return new long[] {1, 2, 9};
        }

        @Override
        public int size() {
          return 3;
        }

        @Override
        public double getMean() {
          return 4;
        }

        @Override
        public double getStdDev() {
          return 3.5;
        }

        @Override
        public long getMax() {
          return 9;
        }

        @Override
        public long getMin() {
          return 1;
        }
      };
    }
  }
}
