// SPDX-License-Identifier: Apache-2.0
//
// What `weir load` was asked to do: as it stands on the command line, and checked. Pure: nothing
// is resolved, opened or read here.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "data/generate.hpp"
#include "tools/load/bad_lines.hpp"

namespace weir {

/// The words of the command line. What was not given is empty, so that an option which has no
/// meaning beside another can be refused.
struct load_arguments {
  std::string url;
  std::string udp;
  std::string shape = "tsbs";
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> batch;
  std::optional<std::uint64_t> connections;
  std::optional<double> rate;
  std::string duration;
  std::optional<std::uint64_t> lines;
  bool gzip = false;
  std::optional<std::uint64_t> datagram;
  std::vector<std::string> headers;
  /// "now" or nanoseconds since the Unix epoch; empty: what the generator begins with.
  std::string start;
  std::string ring = "64MiB";
  std::string timeout = "30s";
  std::optional<int> pid;
  bool json = false;
  bool quiet = false;
  std::optional<std::uint64_t> series;
  std::optional<std::uint64_t> databases;
  std::optional<double> churn;
  /// A number from 0 to 1, or percent: "5%".
  std::string bad;
  /// Names of kinds; empty: all.
  std::vector<std::string> bad_kinds;
  /// Files.
  std::string report;
  std::string compare;
  /// In the place of a run.
  std::string show;
};

struct load_address {
  std::string host;
  std::uint16_t port = 0;
};

struct load_options {
  bool udp = false;
  load_address address;
  /// Of a URL, with the query.
  std::string path;
  bench::data_set shape = bench::data_set::tsbs_int;
  std::uint64_t seed = 1;
  std::uint64_t batch = 5000;
  std::uint64_t connections = 4;
  std::optional<double> lines_per_second;
  std::optional<std::chrono::nanoseconds> duration;
  std::optional<std::uint64_t> lines;
  bool gzip = false;
  std::uint64_t datagram_bytes = 1400;
  /// Whole header lines without their line ends.
  std::vector<std::string> headers;
  std::int64_t first_time_ns = bench::default_first_time_ns;
  std::uint64_t ring_bytes = 0;
  /// For one answer, and for the whole to get on.
  std::chrono::nanoseconds timeout{};
  std::optional<int> pid;
  bool json = false;
  /// No line of progress, on a terminal either.
  bool quiet = false;
  /// In each database; 0: those that the shape has by itself.
  std::uint64_t series = 0;
  /// load_0, load_1 and so on; 0: the one that the URL names.
  std::uint64_t databases = 0;
  /// Series a second, over all databases, that come in the place of others.
  double churn = 0;
  /// The share of all lines that is wrong, and in which ways.
  double bad_share = 0;
  std::vector<bad_kind> bad_kinds;
  /// The page to write, and that of a run to compare with; empty: none.
  std::string report;
  std::string compare;

  /// Lines are put together as they are sent, and not sent again from a ring: what goes on cannot
  /// be made before.
  [[nodiscard]] bool makes_lines_while_sending() const noexcept {
    return series > 0 || (udp && bad_share > 0);
  }
};

/// The names of the shapes, each once; "tsbs_int" and "flink_report" are taken too.
[[nodiscard]] std::vector<std::string> load_shapes();

/// The names of all kinds of bad lines.
[[nodiscard]] std::vector<std::string> load_bad_kinds();

/// `now_ns` is what `start = "now"` means. The failure names the option and what it may be.
[[nodiscard]] result<load_options> check_load(const load_arguments& given, std::int64_t now_ns);

struct load_url {
  load_address address;
  std::string path;
};

/// "http://HOST[:PORT]/PATH[?QUERY]", an IPv6 address in brackets.
[[nodiscard]] result<load_url> parse_load_url(std::string_view url);

/// "127.0.0.1:8086", "[::1]:8086".
[[nodiscard]] std::string to_string(const load_address& address);

}  // namespace weir
