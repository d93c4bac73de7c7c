// SPDX-License-Identifier: Apache-2.0
#include "kafka/handle_rdkafka.hpp"

#include <fmt/format.h>

#include <array>

#include "observe/journal.hpp"

namespace weir {
namespace {

// librdkafka's levels are syslog's.
void log_line(const rd_kafka_t*, int level, const char* facility, const char* text) {
  // Before a broker has told what it can do, librdkafka takes it for one older than 0.11. Of such a
  // one idempotence would fail.
  if (std::string_view(facility) == "AUTOCREATE") {
    return;
  }
  constexpr int error = 3;
  constexpr int warning = 4;
  const journal_level as = level <= error     ? journal_level::error
                           : level == warning ? journal_level::warning
                                              : journal_level::debug;
  // The same broker that is not reached is told again and again.
  journal_limited("kafka client", as, fmt::format("kafka: {} ({})", text, facility));
}

// What librdkafka gives up by itself, and tries again: it is in the log lines, too.
void error_line(rd_kafka_t*, int error, const char* reason, void*) {
  journal_limited("kafka error", journal_level::warning,
                  fmt::format("kafka: {} ({})", reason,
                              rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(error))));
}

outcome set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) !=
      RD_KAFKA_CONF_OK) {
    // The words repeat the value, which may be a secret.
    const bool unknown = std::string_view(why.data()).starts_with("No such");
    return failure{fmt::format("log.client: librdkafka {} {}",
                               unknown ? "knows no property" : "does not take the value of", name)};
  }
  return nothing{};
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) {
    out += (out.empty() ? "" : ",") + part;
  }
  return out;
}

}  // namespace

result<kafka_ptr<rd_kafka_conf_t>> make_kafka_conf(
    const kafka_client_options& client, std::span<const std::pair<std::string, std::string>> own,
    void* opaque) {
  kafka_ptr<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), log_line);
  rd_kafka_conf_set_error_cb(conf.get(), error_line);
  rd_kafka_conf_set_opaque(conf.get(), opaque);
  if (auto done = set(conf.get(), "client.id", client.name); !done) {
    return done.error();
  }
  // A broker that is back is found within a second; librdkafka would wait for up to ten. The
  // operator may say otherwise.
  if (auto done = set(conf.get(), "reconnect.backoff.max.ms", "1000"); !done) {
    return done.error();
  }
  for (const std::string& property : client.properties) {
    const std::size_t equals = property.find('=');
    const std::string name = property.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : property.substr(equals + 1);
    if (auto done = set(conf.get(), name, value); !done) {
      return done.error();
    }
  }
  if (auto done = set(conf.get(), "bootstrap.servers", joined(client.brokers)); !done) {
    return done.error();
  }
  for (const auto& [name, value] : own) {
    if (auto done = set(conf.get(), name, value); !done) {
      return done.error();
    }
  }
  return conf;
}

result<kafka_ptr<rd_kafka_conf_t>> make_consumer_conf(
    const kafka_client_options& client, const std::string& group, std::uint32_t fetched_kib_max,
    std::span<const std::pair<std::string, std::string>> own, void* opaque) {
  std::vector<std::pair<std::string, std::string>> all{
      {"group.id", group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", "true"},
      {"auto.offset.reset", "earliest"},
      {"allow.auto.create.topics", "false"},
      {"check.crcs", "true"},
      {"queued.max.messages.kbytes", std::to_string(fetched_kib_max)},
      {"fetch.wait.max.ms", "100"},
  };
  all.insert(all.end(), own.begin(), own.end());
  return make_kafka_conf(client, all, opaque);
}

result<kafka_ptr<rd_kafka_t>> make_kafka_handle(rd_kafka_type_t type,
                                                kafka_ptr<rd_kafka_conf_t> conf) {
  std::array<char, 512> why{};
  rd_kafka_t* made = rd_kafka_new(type, conf.get(), why.data(), why.size());
  if (made == nullptr) {
    return failure{fmt::format("kafka: {}", why.data())};
  }
  static_cast<void>(conf.release());  // the handle's now
  return kafka_ptr<rd_kafka_t>(made);
}

std::string kafka_error_text(rd_kafka_resp_err_t error) {
  return fmt::format("{} ({})", rd_kafka_err2str(error), rd_kafka_err2name(error));
}

void ask_about_topic(rd_kafka_t& handle, const std::string& topic,
                     std::chrono::milliseconds at_most) {
  rd_kafka_topic_t* about = rd_kafka_topic_new(&handle, topic.c_str(), nullptr);
  if (about == nullptr) {
    return;
  }
  const rd_kafka_metadata_t* answer = nullptr;
  if (rd_kafka_metadata(&handle, 0, about, &answer, static_cast<int>(at_most.count())) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(answer);
  }
  rd_kafka_topic_destroy(about);
}

kafka_record to_kafka_record(const rd_kafka_message_t& message) {
  kafka_record out;
  out.partition = message.partition;
  out.offset = message.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  out.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
  if (message.key != nullptr) {
    out.key.assign(static_cast<const char*>(message.key), message.key_len);
  }
  out.tombstone = message.payload == nullptr;
  if (message.payload != nullptr) {
    out.value.assign(static_cast<const char*>(message.payload), message.len);
  }
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      out.headers.emplace_back(name, value == nullptr
                                         ? std::string()
                                         : std::string(static_cast<const char*>(value), size));
    }
  }
  return out;
}

}  // namespace weir
