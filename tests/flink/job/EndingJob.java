// SPDX-License-Identifier: Apache-2.0

import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * A job that ends: with the argument `finished` when it has read all of its thousand numbers, with `failed` because it throws at each of
 * its few attempts, ten seconds apart. Its name is that argument.
 */
public class EndingJob {
  public static void main(String[] arguments) throws Exception {
    boolean failing = arguments[0].equals("failed");
    Configuration configuration = new Configuration();
    configuration.setString("restart-strategy.type", "fixed-delay");
    configuration.setString("restart-strategy.fixed-delay.attempts", "3");
    configuration.setString("restart-strategy.fixed-delay.delay", "10 s");
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    environment.fromSequence(0, 1000).map(new Work(failing)).name("work").sinkTo(new DiscardingSink<>()).name("nowhere");
    environment.execute(arguments[0]);
  }

  static class Work extends RichMapFunction<Long, Long> {
    private final boolean failing;

    Work(boolean failing) {
      this.failing = failing;
    }

    @Override
    public Long map(Long number) throws InterruptedException {
      Thread.sleep(20);
      if (failing && number == 50) {
        throw new IllegalStateException("this job fails");
      }
      return number;
    }
  }
}
