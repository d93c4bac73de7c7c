// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "config/checks/likely_units.hpp"
#include "config/checks/suggest.hpp"
#include "config/secrets.hpp"
#include "config/units.hpp"

namespace weir {
namespace {

constexpr std::uint64_t batch_lines_max = 10'000'000;
constexpr std::uint64_t connections_max = 10'000;
constexpr std::uint64_t datagram_bytes_min = 64;
// The largest payload that UDP over IPv4 can carry.
constexpr std::uint64_t datagram_bytes_max = 65'507;
constexpr std::uint64_t ring_bytes_max = std::uint64_t{16} << 30;
constexpr std::uint64_t series_max = 1'000'000'000;
constexpr std::uint64_t databases_max = 10'000;
constexpr double churn_max = 10'000'000;
constexpr std::uint64_t series_of_churn = 1'000;
// In nanoseconds, a moment of 2001: from then on times have 19 digits.
constexpr std::int64_t bad_start_min_ns = 1'000'000'000'000'000'000;
constexpr std::chrono::nanoseconds default_duration = std::chrono::seconds{10};

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

failure wrong_url(std::string_view url, std::string_view why) {
  return {"--url " + url_without_secret(url) + ": " + std::string(why) +
          " (write http://HOST:PORT/write?db=NAME)"};
}

/// "HOST:PORT" or "[IPv6]:PORT"; without a port only if there is a default. Empty: cannot be read.
std::optional<load_address> read_address(std::string_view text,
                                         std::optional<std::uint16_t> default_port) {
  load_address address;
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t colon = text.find(':', bracket);
  address.host = text.substr(0, colon);
  if (bracket > 0) {
    address.host = text.substr(1, bracket - 1);
    if (colon != bracket + 1 && bracket + 1 != text.size()) {
      return std::nullopt;
    }
  }
  if (address.host.empty() || !plain(address.host)) {
    return std::nullopt;
  }
  if (colon == std::string_view::npos) {
    address.port = default_port.value_or(0);
  } else if (!read_number(text.substr(colon + 1), address.port)) {
    return std::nullopt;
  }
  return address.port > 0 ? std::optional(address) : std::nullopt;
}

outcome check_target(const load_arguments& given, load_options& out) {
  if (given.url.empty() == given.udp.empty()) {
    return failure{given.url.empty()
                       ? "where to? --url http://HOST:PORT/write?db=NAME, or --udp HOST:PORT"
                       : "--url and --udp exclude each other"};
  }
  if (!given.url.empty()) {
    auto url = parse_load_url(given.url);
    if (!url) {
      return url.error();
    }
    out.address = url.value().address;
    out.path = url.value().path;
    if (given.datagram) {
      return failure{"--datagram has a meaning only with --udp"};
    }
    return nothing{};
  }
  const auto address = read_address(given.udp, std::nullopt);
  if (!address) {
    return failure{"--udp " + given.udp + ": write HOST:PORT, for example 127.0.0.1:8089"};
  }
  out.udp = true;
  out.address = *address;
  if (given.batch || given.connections || given.gzip || !given.headers.empty()) {
    return failure{
        "--batch, --connections, --gzip and --header have a meaning only with --url; "
        "the size of a datagram is --datagram BYTES"};
  }
  return nothing{};
}

// Names that are the command's own: of tsbs_int, and of flink_report.
constexpr std::string_view tsbs_shape = "tsbs";
constexpr std::string_view flink_shape = "flink";

outcome check_shape(const load_arguments& given, load_options& out) {
  const auto found = given.shape == tsbs_shape    ? bench::data_set::tsbs_int
                     : given.shape == flink_shape ? bench::data_set::flink_report
                                                  : bench::find_data_set(given.shape);
  if (!found) {
    const std::vector<std::string> names = load_shapes();
    std::string known;
    for (const std::string& name : names) {
      known.append(known.empty() ? "" : ", ").append(name);
    }
    return failure{"--shape " + given.shape + ": it is one of " + known +
                   did_you_mean(nearest_name(given.shape, names))};
  }
  out.shape = *found;
  out.seed = given.seed;
  if (given.start == "now" || given.start.empty()) {
    return nothing{};
  }
  // What is left of the range of an int64 is room for the lines that follow.
  if (!read_number(given.start, out.first_time_ns) || out.first_time_ns < 0 ||
      out.first_time_ns > 9'000'000'000'000'000'000) {
    return failure{"--start " + given.start + ": it is \"now\" or nanoseconds since 1970"};
  }
  return nothing{};
}

outcome in_range(std::string_view option, std::optional<std::uint64_t> given, std::uint64_t least,
                 std::uint64_t most, std::uint64_t& out) {
  if (given && (*given < least || *given > most)) {
    return failure{std::string(option) + " " + std::to_string(*given) + ": it is a number from " +
                   std::to_string(least) + " to " + std::to_string(most)};
  }
  out = given.value_or(out);
  return nothing{};
}

outcome check_amounts(const load_arguments& given, load_options& out) {
  for (const auto& checked :
       {in_range("--batch", given.batch, 1, batch_lines_max, out.batch),
        in_range("--connections", given.connections, 1, connections_max, out.connections),
        in_range("--datagram", given.datagram, datagram_bytes_min, datagram_bytes_max,
                 out.datagram_bytes)}) {
    if (!checked) {
      return checked;
    }
  }
  if (given.lines && *given.lines == 0) {
    return failure{"--lines 0: there is nothing to send"};
  }
  if (given.rate && !(*given.rate > 0 && *given.rate <= 1e12)) {
    return failure{"--rate: it is lines a second, more than 0; leave it out to send flat out"};
  }
  if (given.pid && *given.pid <= 0) {
    return failure{"--pid " + std::to_string(*given.pid) + ": it is a process id"};
  }
  out.lines = given.lines;
  out.lines_per_second = given.rate;
  out.pid = given.pid;
  auto ring = parse_size(given.ring);
  if (!ring || ring.value() == 0 || ring.value() > ring_bytes_max) {
    return failure{"--ring " + given.ring + ": it is a size such as 64MiB, at most 16GiB" +
                   did_you_mean(likely_size(given.ring))};
  }
  out.ring_bytes = ring.value();
  return nothing{};
}

outcome check_databases(const load_arguments& given, load_options& out) {
  if (!given.databases) {
    return nothing{};
  }
  if (out.udp) {
    return failure{"--databases has a meaning only with --url: a datagram names no database"};
  }
  const std::string_view query =
      std::string_view(out.path).substr(std::min(out.path.find('?'), out.path.size()));
  for (const std::string_view name : {"db=", "bucket=", "database="}) {
    const std::size_t at = query.find(name);
    if (at != std::string_view::npos && (query[at - 1] == '?' || query[at - 1] == '&')) {
      return failure{"--databases sends to load_0, load_1 and so on: leave \"" + std::string(name) +
                     "\" out of the --url"};
    }
  }
  return in_range("--databases", given.databases, 1, databases_max, out.databases);
}

outcome check_series(const load_arguments& given, load_options& out) {
  if (auto checked = in_range("--series", given.series, 1, series_max, out.series); !checked) {
    return checked;
  }
  if (given.churn && !(*given.churn > 0 && *given.churn <= churn_max)) {
    return failure{"--churn: it is new series a second, more than 0 and at most 10000000"};
  }
  out.churn = given.churn.value_or(0);
  if (given.churn && !given.series) {
    out.series = series_of_churn;
  }
  return check_databases(given, out);
}

std::optional<double> read_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  text.remove_suffix(percent ? 1 : 0);
  double number = 0;
  if (!read_number(text, number)) {
    return std::nullopt;
  }
  const double share = percent ? number / 100 : number;
  return share > 0 && share <= 1 ? std::optional(share) : std::nullopt;
}

outcome check_bad_kinds(const load_arguments& given, load_options& out) {
  for (const std::string& name : given.bad_kinds) {
    const auto kind = find_bad_kind(name);
    if (!kind) {
      const std::vector<std::string> names = load_bad_kinds();
      std::string told = "--bad-kinds " + name;
      for (const std::string& each : names) {
        told.append(&each == &names.front() ? ": each is one of " : ", ").append(each);
      }
      return failure{told + did_you_mean(nearest_name(name, names))};
    }
    if (std::find(out.bad_kinds.begin(), out.bad_kinds.end(), *kind) != out.bad_kinds.end()) {
      return failure{"--bad-kinds: " + name + " stands twice"};
    }
    out.bad_kinds.push_back(*kind);
  }
  if (out.bad_kinds.empty()) {
    out.bad_kinds.assign(bad_kinds.begin(), bad_kinds.end());
  }
  return nothing{};
}

outcome check_report(const load_arguments& given, load_options& out) {
  if (!given.compare.empty() && given.json && given.report.empty()) {
    return failure{
        "--compare is shown in the summary and in the page of --report: with --json, give --report "
        "FILE.html"};
  }
  out.report = given.report;
  out.compare = given.compare;
  return nothing{};
}

outcome check_bad(const load_arguments& given, load_options& out) {
  if (given.bad.empty()) {
    return given.bad_kinds.empty() ? outcome(nothing{})
                                   : failure{"--bad-kinds has a meaning only with --bad SHARE"};
  }
  const auto share = read_share(given.bad);
  if (!share) {
    return failure{"--bad " + given.bad +
                   ": it is the share of all lines, more than 0 and at most 1 (0.05), or percent "
                   "(5%)"};
  }
  out.bad_share = *share;
  if (out.first_time_ns < bad_start_min_ns) {
    return failure{"--bad: its lines have times of 19 digits: --start is \"now\" or at least " +
                   std::to_string(bad_start_min_ns)};
  }
  if (auto checked = check_bad_kinds(given, out); !checked) {
    return checked;
  }
  const bool type_alone = out.bad_kinds.size() == 1 && out.bad_kinds.front() == bad_kind::type;
  if (type_alone && (out.bad_share == 1 || (!out.udp && out.batch == 1))) {
    return failure{
        "--bad-kinds type: each of these needs a good line before it in the same request: use "
        "a --batch above 1, and --bad below 1"};
  }
  return nothing{};
}

result<std::chrono::nanoseconds> read_duration(std::string_view option, const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration || !duration.value() || duration.value()->count() <= 0) {
    return failure{std::string(option) + " " + text + ": it is a duration such as 10s or 2m" +
                   did_you_mean(likely_duration(text))};
  }
  return *duration.value();
}

outcome check_times(const load_arguments& given, load_options& out) {
  auto timeout = read_duration("--timeout", given.timeout);
  if (!timeout) {
    return timeout.error();
  }
  out.timeout = timeout.value();
  if (given.duration.empty()) {
    if (!given.lines) {
      out.duration = default_duration;
    }
    return nothing{};
  }
  auto duration = read_duration("--duration", given.duration);
  if (!duration) {
    return duration.error();
  }
  out.duration = duration.value();
  return nothing{};
}

outcome check_headers(const load_arguments& given, load_options& out) {
  for (const std::string& header : given.headers) {
    const std::size_t colon = header.find(':');
    const bool controls = std::any_of(header.begin(), header.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (colon == std::string::npos || colon == 0 || controls || !plain(header.substr(0, colon))) {
      // Not all of it: it may be a secret.
      return failure{"--header \"" + header_without_secret(header) + "\": write \"Name: value\""};
    }
  }
  out.headers = given.headers;
  return nothing{};
}

}  // namespace

result<load_url> parse_load_url(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (url.starts_with("https://")) {
    return wrong_url(url, "TLS is not supported here");
  }
  if (!url.starts_with(scheme)) {
    return wrong_url(url, "it does not begin with http://");
  }
  if (!plain(url)) {
    return wrong_url(url, "percent-encode spaces and what is not ASCII");
  }
  const std::string_view rest = url.substr(scheme.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) {
    return wrong_url(url, "the path is missing");
  }
  const std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) {
    return wrong_url(url,
                     "put a name and password into the query (&u=NAME&p=PASSWORD) or --header");
  }
  const auto address = read_address(authority, 80);
  if (!address) {
    return wrong_url(url, "the host or the port cannot be read");
  }
  return load_url{*address, std::string(rest.substr(slash, rest.find('#') - slash))};
}

std::string to_string(const load_address& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::vector<std::string> load_bad_kinds() {
  std::vector<std::string> out;
  out.reserve(bad_kinds.size());
  for (const bad_kind each : bad_kinds) {
    out.emplace_back(name_of(each));
  }
  return out;
}

std::vector<std::string> load_shapes() {
  std::vector<std::string> out{std::string(tsbs_shape), std::string(flink_shape)};
  for (const bench::data_set set : bench::data_sets) {
    // Both have a name of their own above; "flink" means a whole report here.
    const bool named = set == bench::data_set::tsbs_int || set == bench::data_set::flink_report ||
                       set == bench::data_set::flink;
    if (!named) {
      out.emplace_back(bench::name_of(set));
    }
  }
  return out;
}

result<load_options> check_load(const load_arguments& given, std::int64_t now_ns) {
  load_options options;
  options.json = given.json;
  options.quiet = given.quiet;
  options.gzip = given.gzip;
  if (given.start == "now") {
    options.first_time_ns = now_ns;
  }
  for (const auto check : {check_target, check_shape, check_amounts, check_times, check_headers,
                           check_series, check_bad, check_report}) {
    if (auto checked = check(given, options); !checked) {
      return checked.error();
    }
  }
  return options;
}

}  // namespace weir
