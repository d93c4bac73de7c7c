// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What all Java programs share: the points, and the loop that does what it is told. */
final class Driver {
    static final long T = 1_700_000_000_000_000_000L;
    static final List<String> BAD = List.of(
            "bad,host=a integer=1i 1700000000000000000",
            "bad,host=b integer= 1700000000000000000",
            "bad,host=c integer=3i 1700000000000000000");

    static String url;
    static String host;
    static int port;
    static String database;

    /** The client has no such thing. */
    static final class Nothing extends Exception {
    }

    record Point(String measurement, Map<String, String> tags, Map<String, Object> fields, long ns) {
    }

    static final Point CONFLICT = new Point("points", Map.of("host", "conflict"), Map.of("integer", "one"), T);

    /** A client overrides what it can do. */
    interface Program {
        default String connect() throws Exception {
            throw new Nothing();
        }

        default void create() throws Exception {
            throw new Nothing();
        }

        void write(List<Point> points) throws Exception;

        default void gzip(List<Point> points) throws Exception {
            throw new Nothing();
        }

        default void bad(List<String> lines) throws Exception {
            throw new Nothing();
        }

        default String query() throws Exception {
            throw new Nothing();
        }

        /** More with what it created. */
        default void manage() throws Exception {
            throw new Nothing();
        }
    }

    interface Send {
        void some(List<Point> points) throws Exception;
    }

    private Driver() {
    }

    static Point point(long n) {
        return new Point("points", Map.of("host", "h" + n % 10, "place", "a b,c=d é"),
                Map.of("float", n + 0.5, "integer", n, "boolean", n % 2 == 0,
                        "string", "say \"" + n + "\", a=b \\ é"),
                T + n * 1_000_000);
    }

    static void batches(List<Point> all, Send send) throws Exception {
        for (int at = 0; at < all.size(); at += 2000) {
            send.some(all.subList(at, Math.min(at + 2000, all.size())));
        }
    }

    static void arguments(String[] arguments) {
        url = arguments[0];
        host = arguments[1];
        port = Integer.parseInt(arguments[2]);
        database = arguments[3];
    }

    private static String told(Program program, String[] words) throws Exception {
        List<Point> points = new ArrayList<>();
        if (words.length == 3) {
            long first = Long.parseLong(words[1]);
            for (long n = first; n < first + Long.parseLong(words[2]); n++) {
                points.add(point(n));
            }
        }
        switch (words[0]) {
            case "connect": return program.connect();
            case "create": program.create(); return "";
            case "write": program.write(points); return "";
            case "gzip": program.gzip(points); return "";
            case "bad": program.bad(BAD); return "";
            case "conflict": program.write(List.of(CONFLICT)); return "";
            case "manage": program.manage(); return "";
            default: return program.query();
        }
    }

    static void serve(Program program) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                out.println("ok " + told(program, line.split(" ")));
            } catch (Nothing nothing) {
                out.println("none");
            } catch (Throwable error) {
                error.printStackTrace();
                out.println("error " + String.valueOf(error).replaceAll("\\s+", " "));
            }
        }
        System.exit(0);
    }
}
