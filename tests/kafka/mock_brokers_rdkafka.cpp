// SPDX-License-Identifier: Apache-2.0
//
// A Kafka for tests in which no Java runs: librdkafka's mock cluster in a process of its own, to
// which any client connects over loopback. mock_brokers BROKERS [TOPIC:PARTITIONS...] prints the
// brokers' addresses in a line, then does what each line of its standard input says, and answers it
// by a line: "ok", or "error: WHY". It ends when its input does. The cluster makes no topics by
// request, knows no configurations, elects no leaders, and keeps 5 MB of a partition.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <charconv>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using words = std::vector<std::string>;

struct handle_end {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
struct cluster_end {
  void operator()(rd_kafka_mock_cluster_t* cluster) const {
    rd_kafka_mock_cluster_destroy(cluster);
  }
};
using handle_ptr = std::unique_ptr<rd_kafka_t, handle_end>;
using cluster_ptr = std::unique_ptr<rd_kafka_mock_cluster_t, cluster_end>;

/// Why it was not done; nothing: it was.
using trouble = std::optional<std::string>;

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

/// Requests that tests meddle with, by Kafka's names for them; others by their number.
std::optional<std::int16_t> request_of(std::string_view text) {
  constexpr std::pair<std::string_view, std::int16_t> named[] = {
      {"Produce", 0},        {"Fetch", 1},       {"ListOffsets", 2},      {"Metadata", 3},
      {"OffsetCommit", 8},   {"OffsetFetch", 9}, {"FindCoordinator", 10}, {"JoinGroup", 11},
      {"Heartbeat", 12},     {"LeaveGroup", 13}, {"SyncGroup", 14},       {"ApiVersion", 18},
      {"InitProducerId", 22}};
  for (const auto& [name, value] : named) {
    if (name == text) {
      return value;
    }
  }
  const std::optional<int> value = number(text);
  if (!value || *value < 0 || *value > INT16_MAX) {
    return std::nullopt;
  }
  return static_cast<std::int16_t>(*value);
}

/// "NOT_ENOUGH_REPLICAS", "_TRANSPORT" (the connection is cut) or a number.
std::optional<rd_kafka_resp_err_t> error_of(std::string_view text) {
  const rd_kafka_err_desc* described = nullptr;
  std::size_t count = 0;
  rd_kafka_get_err_descs(&described, &count);
  const std::optional<int> value = number(text);
  for (const rd_kafka_err_desc* each = described; each != described + count; ++each) {
    if (each->name != nullptr && (each->name == text || (value && each->code == *value))) {
      return each->code;
    }
  }
  return std::nullopt;
}

trouble outcome(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? trouble{} : trouble{rd_kafka_err2str(error)};
}

class mock_brokers {
 public:
  mock_brokers(rd_kafka_t* handle, int brokers)
      : brokers_(brokers), cluster_(rd_kafka_mock_cluster_new(handle, brokers)) {}

  [[nodiscard]] bool runs() const { return cluster_ != nullptr; }
  [[nodiscard]] std::string addresses() const {
    return rd_kafka_mock_cluster_bootstraps(cluster_.get());
  }

  /// TOPIC:PARTITIONS, or as two words.
  trouble make_topic(const std::string& name, std::string_view partitions) {
    const std::optional<int> count = number(partitions);
    if (name.empty() || !count || *count < 1) {
      return "a topic is NAME and a number of partitions";
    }
    return outcome(rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), *count, brokers_));
  }

  trouble obey(const words& line) {
    struct command {
      std::string_view name;
      std::size_t least;
      std::size_t most;
      std::string_view usage;
      trouble (mock_brokers::*run)(const words&);
    };
    constexpr std::size_t any = SIZE_MAX;
    static constexpr command commands[] = {
        {"topic", 3, 3, "topic NAME PARTITIONS", &mock_brokers::topic},
        {"down", 2, 2, "down BROKER|all", &mock_brokers::down},
        {"up", 2, 2, "up BROKER|all", &mock_brokers::up},
        {"rtt", 3, 3, "rtt BROKER|all MILLISECONDS", &mock_brokers::rtt},
        {"leader", 4, 4, "leader TOPIC PARTITION BROKER|none", &mock_brokers::leader},
        {"coordinator", 3, 3, "coordinator GROUP BROKER", &mock_brokers::coordinator},
        {"errors", 3, any, "errors REQUEST ERROR...", &mock_brokers::errors},
        {"clear", 2, 2, "clear REQUEST", &mock_brokers::clear},
        {"delay", 5, 5, "delay BROKER REQUEST MILLISECONDS TIMES", &mock_brokers::delay},
        {"unsupported", 2, 2, "unsupported REQUEST", &mock_brokers::unsupported},
    };
    for (const command& each : commands) {
      if (line[0] == each.name) {
        return line.size() < each.least || line.size() > each.most ? trouble{each.usage}
                                                                   : (this->*each.run)(line);
      }
    }
    std::string known;
    for (const command& each : commands) {
      known.append(known.empty() ? "" : ", ").append(each.name);
    }
    return "no such command; there are " + known;
  }

 private:
  /// A broker's number; -1: all of them.
  [[nodiscard]] std::optional<int> broker(std::string_view text) const {
    if (text == "all") {
      return -1;
    }
    const std::optional<int> value = number(text);
    return value && *value >= 1 && *value <= brokers_ ? value : std::nullopt;
  }

  trouble topic(const words& line) { return make_topic(line[1], line[2]); }

  trouble down(const words& line) {
    const std::optional<int> which = broker(line[1]);
    return which ? outcome(rd_kafka_mock_broker_set_down(cluster_.get(), *which)) : no_broker();
  }

  trouble up(const words& line) {
    const std::optional<int> which = broker(line[1]);
    return which ? outcome(rd_kafka_mock_broker_set_up(cluster_.get(), *which)) : no_broker();
  }

  trouble rtt(const words& line) {
    const std::optional<int> which = broker(line[1]);
    const std::optional<int> ms = number(line[2]);
    if (!which || !ms || *ms < 0) {
      return which ? "not a number of milliseconds" : no_broker();
    }
    return outcome(rd_kafka_mock_broker_set_rtt(cluster_.get(), *which, *ms));
  }

  trouble leader(const words& line) {
    const std::optional<int> partition = number(line[2]);
    const std::optional<int> which = line[3] == "none" ? std::optional{-1} : broker(line[3]);
    if (!partition || !which) {
      return which ? "not a number of a partition" : no_broker();
    }
    return outcome(
        rd_kafka_mock_partition_set_leader(cluster_.get(), line[1].c_str(), *partition, *which));
  }

  trouble coordinator(const words& line) {
    const std::optional<int> which = broker(line[2]);
    if (!which || *which < 1) {
      return no_broker();
    }
    return outcome(rd_kafka_mock_coordinator_set(cluster_.get(), "group", line[1].c_str(), *which));
  }

  /// Of the next requests of this kind each gets one of these, in turn.
  trouble errors(const words& line) {
    const std::optional<std::int16_t> request = request_of(line[1]);
    if (!request) {
      return no_request();
    }
    std::vector<rd_kafka_resp_err_t> pushed;
    for (std::size_t each = 2; each < line.size(); ++each) {
      const std::optional<rd_kafka_resp_err_t> error = error_of(line[each]);
      if (!error) {
        return "Kafka has no error \"" + line[each] + '"';
      }
      pushed.push_back(*error);
    }
    rd_kafka_mock_push_request_errors_array(cluster_.get(), *request, pushed.size(), pushed.data());
    return {};
  }

  trouble clear(const words& line) {
    const std::optional<std::int16_t> request = request_of(line[1]);
    if (!request) {
      return no_request();
    }
    rd_kafka_mock_clear_request_errors(cluster_.get(), *request);
    return {};
  }

  /// Of this broker, the next answers to such requests come so much later.
  trouble delay(const words& line) {
    const std::optional<int> which = broker(line[1]);
    const std::optional<std::int16_t> request = request_of(line[2]);
    const std::optional<int> ms = number(line[3]);
    const std::optional<int> times = number(line[4]);
    if (!which || *which < 1 || !request || !ms || *ms < 0 || !times || *times < 1) {
      return "delay BROKER REQUEST MILLISECONDS TIMES";
    }
    for (int n = 0; n < *times; ++n) {
      const rd_kafka_resp_err_t error = rd_kafka_mock_broker_push_request_error_rtts(
          cluster_.get(), *which, *request, 1, RD_KAFKA_RESP_ERR_NO_ERROR, *ms);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return outcome(error);
      }
    }
    return {};
  }

  trouble unsupported(const words& line) {
    const std::optional<std::int16_t> request = request_of(line[1]);
    return request ? outcome(rd_kafka_mock_set_apiversion(cluster_.get(), *request, -1, -1))
                   : no_request();
  }

  static trouble no_broker() { return "no such broker"; }
  static trouble no_request() { return "no such request"; }

  int brokers_;
  cluster_ptr cluster_;
};

words words_of(const std::string& line) {
  std::istringstream reading(line);
  words found;
  for (std::string word; reading >> word;) {
    found.push_back(word);
  }
  return found;
}

/// The client to which librdkafka ties a cluster; it connects to nothing.
handle_ptr make_handle() {
  rd_kafka_conf_t* keys = rd_kafka_conf_new();
  char why[256];
  if (rd_kafka_conf_set(keys, "log_level", "3", why, sizeof why) != RD_KAFKA_CONF_OK) {
    std::cerr << "mock_brokers: " << why << '\n';
    rd_kafka_conf_destroy(keys);
    return nullptr;
  }
  handle_ptr made(rd_kafka_new(RD_KAFKA_PRODUCER, keys, why, sizeof why));
  if (!made) {
    std::cerr << "mock_brokers: " << why << '\n';
    rd_kafka_conf_destroy(keys);
  }
  return made;
}

int fail(const std::string& why) {
  std::cerr << "mock_brokers: " << why << '\n';
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  const std::optional<int> brokers = count > 1 ? number(arguments[1]) : std::nullopt;
  if (!brokers || *brokers < 1) {
    return fail("mock_brokers BROKERS [TOPIC:PARTITIONS...]");
  }
  const handle_ptr handle = make_handle();
  if (!handle) {
    return 1;
  }
  mock_brokers cluster(handle.get(), *brokers);
  if (!cluster.runs()) {
    return fail("librdkafka made no cluster");
  }
  for (int each = 2; each < count; ++each) {
    const std::string text = arguments[each];
    const std::size_t colon = text.rfind(':');
    const trouble why =
        colon == std::string::npos
            ? trouble{"a topic is NAME:PARTITIONS"}
            : cluster.make_topic(text.substr(0, colon), std::string_view(text).substr(colon + 1));
    if (why) {
      return fail(text + ": " + *why);
    }
  }
  std::cout << cluster.addresses() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const words said = words_of(line);
    if (said.empty()) {
      continue;
    }
    const trouble why = cluster.obey(said);
    std::cout << (why ? "error: " + *why : "ok") << std::endl;
  }
  return 0;
}
