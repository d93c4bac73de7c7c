// SPDX-License-Identifier: Apache-2.0
//
// The keys of [log].
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "config/keys/key_builders.hpp"
#include "config/keys/keys.hpp"

namespace weir {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t tib = std::uint64_t{1} << 40;

std::string check_broker(std::string_view text) {
  constexpr int port_max = 65'535;
  const auto told = [text](std::string_view how) {
    return fmt::format("\"{}\" is no broker's address; {}", text, how);
  };
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    return told(
        fmt::format("write \"{}\", and how it is spoken with in log.client, as "
                    "\"security.protocol={}\"",
                    text.substr(scheme + 3), text.substr(0, scheme)));
  }
  if (text.find(',') != std::string_view::npos) {
    return told("write each broker as a text of its own: [\"kafka-1:9092\", \"kafka-2:9092\"]");
  }
  const std::size_t colon = text.rfind(':');
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const bool plain = host.find_first_of(" \t/") == std::string_view::npos;
  if (!host.empty() && port.empty() && plain && host.find(':') == std::string_view::npos) {
    return told(fmt::format("its port is missing; did you mean \"{}:9092\"?", host));
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (host.empty() || !plain || (host.find(':') != std::string_view::npos && !bracketed)) {
    return told("write HOST:PORT, as in \"kafka-1:9092\" or \"[::1]:9092\"");
  }
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number < 1 || number > port_max) {
    return told(fmt::format("its port must be a number from 1 to {}", port_max));
  }
  return {};
}

/// Kafka's rule for names of topics; with room for what weir appends.
std::string check_topic(std::string_view text) {
  constexpr std::size_t bytes_max = 200;
  const bool plain =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
      std::string::npos;
  if (text.empty() || text.size() > bytes_max || !plain || text == "." || text == "..") {
    return fmt::format("\"{}\" is no name for Kafka: 1 to {} letters, digits, '.', '_' and '-'",
                       text, bytes_max);
  }
  return {};
}

std::string check_property(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    // The text may be a secret that lost its name.
    return "each property is written NAME=VALUE, as in \"security.protocol=SASL_SSL\"; one has no "
           "'='";
  }
  const std::string_view name = text.substr(0, equals);
  constexpr std::array own{
      std::string_view{"bootstrap.servers"},
      std::string_view{"metadata.broker.list"},
      std::string_view{"acks"},
      std::string_view{"request.required.acks"},
      std::string_view{"enable.idempotence"},
      std::string_view{"group.id"},
      std::string_view{"enable.auto.commit"},
      std::string_view{"auto.offset.reset"},
      std::string_view{"isolation.level"},
      std::string_view{"partition.assignment.strategy"},
      std::string_view{"transactional.id"},
      std::string_view{"enable.auto.offset.store"},
  };
  if (std::find(own.begin(), own.end(), name) != own.end()) {
    return fmt::format("{} is weir's own to set; take it out", name);
  }
  return {};
}

/// librdkafka's properties; of those that may be secrets the value is not shown.
config_key<log_settings> client_properties_key() {
  config_key<log_settings> key =
      list_key<log_settings>("client", "[\"security.protocol=SASL_SSL\"]",
                             "properties of librdkafka, for TLS and SASL: NAME=VALUE",
                             WEIR_MEMBER(kafka.client), check_property, true);
  // A name that is there twice is told without its values.
  key.read = [read = key.read](log_settings& section, const config_value& value) -> outcome {
    std::vector<std::string_view> names;
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
      for (const std::string_view text : *texts) {
        const std::string_view name = text.substr(0, text.find('='));
        if (std::find(names.begin(), names.end(), name) != names.end() &&
            name.size() != text.size()) {
          return failure{fmt::format("{} is in the list twice; take one out", name)};
        }
        names.push_back(name);
      }
    }
    return read(section, value);
  };
  key.show = [](const log_settings& section) {
    std::string written;
    for (const std::string& property : section.kafka.client) {
      written += fmt::format("{}{}", written.empty() ? "" : ", ",
                             quoted(property_without_secret(property)));
    }
    return fmt::format("[{}]", written);
  };
  return key;
}

}  // namespace

const std::vector<config_key<log_settings>>& log_keys() {
  using S = log_settings;
  static const std::vector<config_key<S>> keys{
      choice_key<S, log_type>(
          "type",
          {{"local", log_type::local}, {"memory", log_type::memory}, {"kafka", log_type::kafka}},
          {}, "where accepted points rest until they are delivered", WEIR_MEMBER(type)),
      text_key<S>("directory", "of the local log; one process at a time locks it",
                  WEIR_MEMBER(directory), check_directory),
      choice_key<S, acknowledge_mode>(
          "acknowledge",
          {{"received", acknowledge_mode::received},
           {"written", acknowledge_mode::written},
           {"synced", acknowledge_mode::synced}},
          {},
          "what a 204 promises: in memory, handed to the operating system, or on stable storage",
          WEIR_MEMBER(acknowledge)),
      choice_key<S, compression_mode>("compression",
                                      {{"auto", compression_mode::automatic},
                                       {"gzip", compression_mode::gzip},
                                       {"none", compression_mode::none}},
                                      {}, "of the log; auto: gzip when a sink sends gzip",
                                      WEIR_MEMBER(compression)),
      size_key<S>("keep", {mib, 1024 * tib}, "of the log before `when_full` applies",
                  WEIR_MEMBER(keep)),
      choice_key<S, when_full_mode>(
          "when_full",
          {{"reject", when_full_mode::reject}, {"discard-oldest", when_full_mode::discard_oldest}},
          {}, "answer new writes 503, or lose the oldest points", WEIR_MEMBER(when_full)),
      size_key<S>("segment", {mib, 4 * gib}, "of one file of the log", WEIR_MEMBER(segment)),
      duration_key<S>("retain", milliseconds{0}, hours{24 * 3650},
                      "how long delivered points stay, for `weir log replay`", WEIR_MEMBER(retain)),
      list_key<S>("brokers", "[\"kafka-1:9092\", \"kafka-2:9092\"]",
                  "of the cluster whose topic is the log, some or all (type \"kafka\")",
                  WEIR_MEMBER(kafka.brokers), check_broker, true),
      text_key<S>("topic", "of the log in Kafka; the topics beside it begin with its name",
                  WEIR_MEMBER(kafka.topic), check_topic),
      count_key<S>("shards", {0, 10'000}, "partitions", "of the topic; 0: as many as it has",
                   WEIR_MEMBER(kafka.shards)),
      count_key<S>("replication", {0, 100}, "replicas",
                   "of topics that weir makes; 0: the brokers' default",
                   WEIR_MEMBER(kafka.replication)),
      duration_key<S>("produce_timeout", milliseconds{100}, seconds{300},
                      "what Kafka has not confirmed by then is answered 503",
                      WEIR_MEMBER(kafka.produce_timeout)),
      duration_key<S>(
          "commit_interval", milliseconds{50}, seconds{60},
          "between two records of where a sink stands in Kafka: what is delivered again "
          "after a crash",
          WEIR_MEMBER(kafka.commit_interval)),
      size_key<S>("read_ahead", {mib, 64 * gib},
                  "that a sink reads of a partition beyond what is delivered",
                  WEIR_MEMBER(kafka.read_ahead)),
      text_key<S>("group", "how the names of consumer groups begin; GROUP-SINK is a sink's",
                  WEIR_MEMBER(kafka.group), check_topic),
      client_properties_key(),
  };
  return keys;
}

}  // namespace weir
