// SPDX-License-Identifier: Apache-2.0
//
// QuestDB's line protocol parser, every value decoded. It undoes escapes in the bytes that it reads,
// so each pass gets a copy of its own, made before the clock starts.
// Usage: FILE PASSES. Prints one JSON object; bench/README.md says what each number means.

import io.questdb.cutlass.line.tcp.LineTcpParser;
import io.questdb.std.MemoryTag;
import io.questdb.std.Unsafe;
import io.questdb.std.str.DirectUtf8Sequence;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

public final class QuestdbPeer {
  private static final int PIECE_BYTES = 64 << 10;

  private final LineTcpParser parser = new LineTcpParser();
  private final byte[] body;
  private final long memory;
  private final List<Integer> ends = new ArrayList<>();

  // What was read, added up modulo 2^64.
  private long lines;
  private long tags;
  private long fields;
  private long times;
  private long names;
  private long numbers;
  private long strings;
  private long touched;

  private QuestdbPeer(byte[] body) {
    this.body = body;
    memory = Unsafe.malloc(body.length, MemoryTag.NATIVE_DEFAULT);
    cut();
  }

  // At the last line feed of every 64 KiB.
  private void cut() {
    int begin = 0;
    while (begin < body.length) {
      int end = Math.min(body.length, begin + PIECE_BYTES);
      while (body[end - 1] != '\n') {
        end--;
      }
      ends.add(end);
      begin = end;
    }
  }

  private void refill() {
    Unsafe.getUnsafe().copyMemory(body, Unsafe.BYTE_OFFSET, null, memory, body.length);
  }

  private void pass(boolean check) {
    long begin = memory;
    for (int offset : ends) {
      long end = memory + offset;
      parser.of(begin);
      while (parser.getBufferAddress() < end) {
        if (parser.parseMeasurement(end) != LineTcpParser.ParseResult.MEASUREMENT_COMPLETE) {
          throw new IllegalStateException("a line was refused: " + parser.getErrorCode());
        }
        if (check) {
          add();
        } else {
          touch();
        }
        parser.startNextMeasurement();
      }
      begin = end;
    }
  }

  private static long bytes(DirectUtf8Sequence text) {
    long sum = 0;
    for (int i = 0; i < text.size(); i++) {
      sum += text.byteAt(i) & 0xff;
    }
    return sum;
  }

  private static long number(double value) {
    return (long) (value * 1024);
  }

  private void addValue(LineTcpParser.ProtoEntity entity) {
    switch (entity.getType()) {
      case LineTcpParser.ENTITY_TYPE_INTEGER -> numbers += number(entity.getLongValue());
      case LineTcpParser.ENTITY_TYPE_FLOAT -> numbers += number(entity.getFloatValue());
      case LineTcpParser.ENTITY_TYPE_BOOLEAN -> numbers += number(entity.getBooleanValue() ? 1 : 0);
      case LineTcpParser.ENTITY_TYPE_STRING -> strings += bytes(entity.getValue());
      default -> throw new IllegalStateException("entity of type " + entity.getType());
    }
  }

  private void add() {
    lines++;
    names += bytes(parser.getMeasurementName());
    for (int i = 0; i < parser.getEntityCount(); i++) {
      LineTcpParser.ProtoEntity entity = parser.getEntity(i);
      names += bytes(entity.getName());
      if (entity.getType() == LineTcpParser.ENTITY_TYPE_TAG) {
        tags++;
        names += bytes(entity.getValue());
      } else {
        fields++;
        addValue(entity);
      }
    }
    times += parser.getTimestamp();
  }

  // Looks at each value: what is timed.
  private void touch() {
    long sum = parser.getMeasurementName().size() + parser.getTimestamp();
    for (int i = 0; i < parser.getEntityCount(); i++) {
      LineTcpParser.ProtoEntity entity = parser.getEntity(i);
      sum += entity.getName().size();
      sum +=
          switch (entity.getType()) {
            case LineTcpParser.ENTITY_TYPE_INTEGER -> entity.getLongValue();
            case LineTcpParser.ENTITY_TYPE_FLOAT ->
                Double.doubleToRawLongBits(entity.getFloatValue());
            case LineTcpParser.ENTITY_TYPE_BOOLEAN -> entity.getBooleanValue() ? 1 : 0;
            default -> entity.getValue().size();
          };
    }
    touched += sum;
  }

  private void print(List<Double> seconds) {
    StringJoiner times_of_passes = new StringJoiner(",", "[", "]");
    seconds.forEach(each -> times_of_passes.add(each.toString()));
    System.out.printf(
        "{\"bytes\":%d,\"tally\":{\"lines\":%d,\"tags\":%d,\"fields\":%d,\"times\":%s,"
            + "\"names\":%d,\"numbers\":%s,\"strings\":%d},\"seconds\":%s,\"touched\":%s}%n",
        body.length, lines, tags, fields, Long.toUnsignedString(times), names,
        Long.toUnsignedString(numbers), strings, times_of_passes, Long.toUnsignedString(touched));
  }

  public static void main(String[] arguments) throws IOException {
    QuestdbPeer peer = new QuestdbPeer(Files.readAllBytes(Path.of(arguments[0])));
    peer.refill();
    peer.pass(true);
    List<Double> seconds = new ArrayList<>();
    // CPU time of this thread: other programs, and the compiler, may run meanwhile.
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    // The first pass warms up; a compiler at run time needs a second.
    for (int pass = -1; pass <= Integer.parseInt(arguments[1]); pass++) {
      peer.refill();
      long began = threads.getCurrentThreadCpuTime();
      peer.pass(false);
      if (pass > 0) {
        seconds.add((threads.getCurrentThreadCpuTime() - began) / 1e9);
      }
    }
    peer.print(seconds);
    System.exit(0); // whatever threads the library may have started
  }
}
