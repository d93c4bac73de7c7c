// SPDX-License-Identifier: Apache-2.0
//
// The rows of the table of keys. A new setting is a member in settings.hpp, a row here and a
// commented key in conf/weir.toml; tests find what was forgotten.
#include "config/keys/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/checks/checks.hpp"
#include "config/keys/key_builders.hpp"
#include "config/socket_mode.hpp"

namespace weir {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::uint64_t kib = std::uint64_t{1} << 10;
constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;

struct other_place {
  std::string_view section;
  std::string_view name;
  std::string_view instead;
};

// What a reader of other programs' configurations writes, and where it stands here.
constexpr std::array other_places{
    other_place{"kafka", "",
                "the keys of a log in Kafka stand in [log]: type = \"kafka\", brokers = "
                "[\"kafka-1:9092\"], topic = \"weir\""},
};

}  // namespace

choices<std::int64_t> precisions() {
  return {{"ns", 1},
          {"n", 1},
          {"us", 1'000},
          {"u", 1'000},
          {"ms", 1'000'000},
          {"s", 1'000'000'000},
          {"m", 60'000'000'000},
          {"h", 3'600'000'000'000},
          {"auto", automatic_unit_ns}};
}

std::string describe(const config_value& value) {
  struct describer {
    std::string operator()(const other_value& other) const { return other.kind; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return fmt::format("number {}", number); }
    std::string operator()(double number) const { return fmt::format("number {}", number); }
    std::string operator()(const std::string&) const { return "text"; }
    std::string operator()(const std::vector<std::string>&) const { return "a list"; }
  };
  return std::visit(describer{}, value);
}

failure wrong_type(std::string_view expected, const config_value& value) {
  return {fmt::format("it must be {}, not {}", expected, describe(value))};
}

std::string quoted(std::string_view text) {
  std::string written = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\\') {
      written += '\\';
      written += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      written += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else if (c == '$' && text.substr(i + 1).starts_with('{')) {
      written += "$$";
    } else {
      written += c;
    }
  }
  return written + '"';
}

namespace {

std::vector<config_key<http_settings>> make_http_keys() {
  using S = http_settings;
  std::vector<config_key<S>> keys{
      list_key<S>("listen", "[\"127.0.0.1:8086\"]",
                  "\"HOST:PORT\", \"[IPV6]:PORT\" or \"unix:PATH\"; port 0 takes a free one",
                  WEIR_MEMBER(listen), check_listen_address),
      list_key<S>("quiet_listen", "[\"127.0.0.1:8186\"]",
                  "further addresses, where writes are answered 204 whatever is wrong with their "
                  "lines",
                  WEIR_MEMBER(quiet_listen), check_listen_address, true),
      list_key<S>(
          "admin_listen", "[\"127.0.0.1:8087\"]",
          "addresses for the status page, /metrics and /-/..., which are then served nowhere else",
          WEIR_MEMBER(admin_listen), check_listen_address, true),
      text_key<S>("socket_mode", "of the files of Unix sockets: who may connect",
                  WEIR_MEMBER(socket_mode), check_socket_mode),
      bool_key<S>("quiet", "the same for the addresses of `listen`", WEIR_MEMBER(quiet)),
      count_key<S>("loops", {0, 256}, "threads", "intake threads; 0: one per core",
                   WEIR_MEMBER(loops)),
      size_key<S>("body_limit", {1, gib}, "of one request's inflated body; more is answered 413",
                  WEIR_MEMBER(body_limit)),
      count_key<S>("inflate_ratio", {0, 1'000'000}, "times",
                   "its bytes that a compressed body may become, from 1 MiB on; more is answered "
                   "413. 0: any",
                   WEIR_MEMBER(inflate_ratio)),
      size_key<S>("head_limit", {kib, mib},
                  "of a request's first line and headers; more is answered 431",
                  WEIR_MEMBER(head_limit)),
      duration_key<S>("head_timeout", milliseconds{10}, hours{1},
                      "from the first byte of a request to the end of its headers",
                      WEIR_MEMBER(head_timeout)),
      duration_key<S>("body_timeout", milliseconds{10}, hours{24},
                      "from the end of the headers to the end of the body",
                      WEIR_MEMBER(body_timeout)),
      duration_key<S>("idle_timeout", milliseconds{10}, hours{24},
                      "between two requests of a connection", WEIR_MEMBER(idle_timeout)),
      count_key<S>("connections", {1, 1'000'000}, "connections",
                   "open at a time; more are answered 503 and closed", WEIR_MEMBER(connections)),
      count_key<S>("connections_per_address", {0, 1'000'000}, "connections",
                   "of one client address; more are answered 503 and closed. 0: any number",
                   WEIR_MEMBER(connections_per_address)),
      choice_key<S, std::int64_t>("precision", precisions(), {},
                                  "unit of timestamps where neither request nor database says",
                                  WEIR_MEMBER(unit_ns)),
      text_key<S>("remote_write_database",
                  "\"database\" or \"database/retention_policy\" of what comes to /api/v1/write "
                  "without db=",
                  WEIR_MEMBER(remote_write_database), check_udp_database),
      choice_key<S, admin_access>(
          "admin",
          {{"loopback", admin_access::loopback},
           {"any", admin_access::any},
           {"off", admin_access::off}},
          {},
          "who may POST to /-/reload and the like: clients on this machine, "
          "everybody, or nobody. Behind a reverse proxy on this machine, "
          "loopback is everybody whom it lets through",
          WEIR_MEMBER(admin)),
  };
  add_tls_keys(keys);
  keys.push_back(secret_key<S>(
      "jwt_secret", "what JSON web tokens (HS256) of users are signed with; empty: none is taken",
      WEIR_MEMBER(jwt_secret)));
  return keys;
}

}  // namespace

const std::vector<config_key<http_settings>>& http_keys() {
  static const std::vector<config_key<http_settings>> keys = make_http_keys();
  return keys;
}

const std::vector<config_key<letter_settings>>& letter_keys() {
  using S = letter_settings;
  static const std::vector<config_key<S>> keys{
      bool_key<S>("enabled", "keep the lines that were refused, for `weir letters`",
                  WEIR_MEMBER(enabled)),
      text_key<S>("directory", "where; empty: `letters` in service.state_directory",
                  WEIR_MEMBER(directory)),
      size_key<S>("keep", {mib, 1024 * gib}, "of all of them; beyond it the oldest go",
                  WEIR_MEMBER(keep)),
      size_key<S>("line", {64, mib}, "kept of one line; a longer one is cut", WEIR_MEMBER(line)),
      bool_key<S>("dropped", "keep lines too that a rule dropped in silence", WEIR_MEMBER(dropped)),
  };
  return keys;
}

const std::vector<config_key<limit_settings>>& limit_keys() {
  using S = limit_settings;
  static const std::vector<config_key<S>> keys{
      size_key<S>("memory", {16 * mib, 1024 * gib}, "for requests in flight and frames",
                  WEIR_MEMBER(memory)),
      size_key<S>("line", {kib, 64 * mib}, "of one line; a longer one is rejected",
                  WEIR_MEMBER(line)),
      count_key<S>("databases", {1, 1'000'000}, "databases",
                   "that clients may create or name before further ones are refused",
                   WEIR_MEMBER(databases)),
      count_key<S>("labelled_databases", {0, 100'000}, "databases",
                   "with rows of their own in /metrics; the others are summed up as (other)",
                   WEIR_MEMBER(labelled_databases)),
      size_key<S>(
          "state", {mib, 1024 * gib},
          "for what remote_write sinks remember of their series (beyond it the series unseen "
          "for longest are forgotten), and as much again for pushed groups (new ones are "
          "refused beyond it)",
          WEIR_MEMBER(state)),
      size_key<S>("names", {64 * kib, 1024 * gib},
                  "for the names of series and labels that remote_write sinks gave, in a file; "
                  "beyond it further names carry a suffix",
                  WEIR_MEMBER(names)),
      size_key<S>("series", {mib, 1024 * gib},
                  "for what the gate remembers of series; beyond it those unseen for long are "
                  "forgotten",
                  WEIR_MEMBER(series)),
      duration_key<S>("series_idle", seconds{60}, hours{24 * 3650},
                      "how long a series may be unseen before it no longer counts as one",
                      WEIR_MEMBER(series_idle)),
      size_key<S>("types", {64 * kib, 1024 * gib},
                  "for the types of fields; beyond it further fields are passed unchecked",
                  WEIR_MEMBER(types)),
      size_key<S>("duplicates", {0, 1024 * gib},
                  "for recent points, in which duplicates are looked for; 0: only in each "
                  "series' newest point",
                  WEIR_MEMBER(duplicates)),
  };
  return keys;
}

const std::vector<config_key<rule_settings>>& rule_keys() {
  using S = rule_settings;
  static const std::vector<config_key<S>> keys{
      text_key<S>("name", "unique; in metrics and messages", WEIR_MEMBER(name), check_sink_name),
      choice_key<S, rule_action>("action",
                                 {{"drop", rule_action::drop},
                                  {"keep", rule_action::keep},
                                  {"rename", rule_action::rename},
                                  {"add_tag", rule_action::add_tag},
                                  {"drop_tag", rule_action::drop_tag},
                                  {"drop_field", rule_action::drop_field}},
                                 {}, "what happens to points that match; keep: drops all others",
                                 WEIR_MEMBER(action)),
      list_key<S>("databases", "[\"*\"]", "patterns of database names, with * and ?",
                  WEIR_MEMBER(databases), check_pattern),
      text_key<S>("measurement", "regular expression (RE2) of whole names; empty: all",
                  WEIR_MEMBER(measurement), check_regex),
      text_key<S>("tag", "only points whose tag of this name has a value that matches tag_value",
                  WEIR_MEMBER(tag)),
      text_key<S>("tag_value", "regular expression of values; without the tag it is the empty one",
                  WEIR_MEMBER(tag_value), check_regex),
      choice_key<S, rule_subject>("what",
                                  {{"measurement", rule_subject::measurement},
                                   {"tag", rule_subject::tag},
                                   {"field", rule_subject::field}},
                                  {}, "of rename: whose name changes", WEIR_MEMBER(what)),
      text_key<S>("key",
                  "regular expression of the tags' or fields' names; of add_tag the tag's name",
                  WEIR_MEMBER(key)),
      text_key<S>("to",
                  "of rename the new name, with \\1 for the pattern's first group; of "
                  "add_tag the tag's value",
                  WEIR_MEMBER(to)),
  };
  return keys;
}

namespace {

std::string check_role(std::string_view text) {
  return text == "intake" || text == "sinks"
             ? std::string{}
             : fmt::format("\"{}\" is no role; there are \"intake\" and \"sinks\"{}", text,
                           did_you_mean(nearest_choice(text, {"intake", "sinks"})));
}

}  // namespace

const std::vector<config_key<service_settings>>& service_keys() {
  using S = service_settings;
  static const std::vector<config_key<S>> keys{
      duration_key<S>("drain_timeout", milliseconds{0}, hours{1},
                      "how long SIGTERM lets requests finish and sinks deliver; what is left stays "
                      "in the log",
                      WEIR_MEMBER(drain_timeout)),
      text_key<S>("state_directory",
                  "of types, databases, letters, cursors and refused batches; empty: log.directory",
                  WEIR_MEMBER(state_directory)),
      list_key<S>(
          "roles", "[\"intake\", \"sinks\"]",
          "what this process does: takes writes, delivers, or both (one alone needs log.type "
          "\"kafka\")",
          WEIR_MEMBER(roles), check_role),
      choice_key<S, std::string>(
          "log_level",
          {{"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}}, {},
          "the least important messages that are written", WEIR_MEMBER(log_level)),
      choice_key<S, std::string>("log_format", {{"text", "text"}, {"json", "json"}}, {},
                                 "of messages: lines to read, or one JSON object a line",
                                 WEIR_MEMBER(log_format)),
  };
  return keys;
}

std::string instead_of_key(std::string_view section, std::string_view name) {
  for (const other_place& candidate : other_places) {
    if (candidate.section == section && candidate.name == name) {
      return std::string(candidate.instead);
    }
  }
  return {};
}

}  // namespace weir
