// SPDX-License-Identifier: Apache-2.0
//
// What Kafka's client takes, without the rest of weir: records as large as frames are written
// through weir's own producer, a record to each partition in every turn and some turns on their way
// at once, and read back by a member of a group. It prints its own CPU seconds; what the brokers
// take bench/scale/measure.py looks up meanwhile.
//
//   scale_records write BROKERS TOPIC PARTITIONS RECORD_BYTES TURNS [REPLICATION]
//   scale_records read BROKERS TOPIC RECORDS
//   scale_records member BROKERS TOPIC GROUP     # says when it got partitions and let go of them,
//   until its input ends
#include <sys/resource.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/group_rdkafka.hpp"
#include "kafka/producer_rdkafka.hpp"
#include "kafka/topics_rdkafka.hpp"

namespace {

constexpr std::chrono::seconds patience{60};
/// As of four connections, each of which waits for its answer.
constexpr std::size_t turns_under_way = 4;

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& of) {
    return static_cast<double>(of.tv_sec) + static_cast<double>(of.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "scale_records: %s\n", why.c_str());
  std::exit(1);
}

/// Bytes that nothing compresses, as of a gzip member.
std::string noise(std::size_t bytes) {
  std::mt19937_64 random(7);
  std::string out(bytes, '\0');
  for (char& each : out) {
    each = static_cast<char>(random());
  }
  return out;
}

/// Turns that are acknowledged whole, counted from the producer's thread.
struct progress {
  std::mutex lock;
  std::condition_variable settled;
  std::size_t reported = 0;
  std::string error;

  void wait_for(std::size_t records) {
    std::unique_lock hold(lock);
    settled.wait(hold, [&] { return reported >= records || !error.empty(); });
    if (!error.empty()) {
      give_up(error);
    }
  }
};

struct writing {
  std::string topic;
  std::int32_t partitions = 1;
  std::size_t record_bytes = 0;
  std::size_t turns = 0;
};

double write_turns(weir::kafka_producer& producer, const writing& what, std::size_t turns,
                   const std::shared_ptr<std::string>& value) {
  // As many headers as a frame has, of their lengths.
  const std::vector<weir::kafka_header> headers = {{"weir", "1"},
                                                   {"kind", "lines"},
                                                   {"encoding", "gzip"},
                                                   {"db", "bench"},
                                                   {"points", "5000"},
                                                   {"bytes", "1750000"},
                                                   {"sum", "0123456789abcdef"},
                                                   {"received", "1700000000000000000"},
                                                   {"least", "1700000000000000000"},
                                                   {"greatest", "1700000000000000000"}};
  const auto per_turn = static_cast<std::size_t>(what.partitions);
  const auto seen = std::make_shared<progress>();
  const double begin = cpu_seconds();
  for (std::size_t turn = 0; turn < turns; ++turn) {
    if (turn >= turns_under_way) {
      seen->wait_for((turn - turns_under_way + 1) * per_turn);
    }
    for (std::int32_t partition = 0; partition < what.partitions; ++partition) {
      const std::string key = std::to_string(partition);
      const weir::kafka_queue_result queued =
          producer.produce(what.topic, partition, {.key = key, .headers = headers, .value = *value},
                           value, [seen](const weir::kafka_delivery& delivery) {
                             const std::lock_guard hold(seen->lock);
                             ++seen->reported;
                             if (!delivery.error.empty()) {
                               seen->error = delivery.error;
                             }
                             seen->settled.notify_one();
                           });
      if (queued.status != weir::kafka_queued::taken) {
        give_up(queued.why);
      }
    }
  }
  seen->wait_for(turns * per_turn);
  return cpu_seconds() - begin;
}

int write(const weir::kafka_client_options& client, const writing& what,
          std::uint32_t replication) {
  auto topics = weir::kafka_topics::make(client);
  if (!topics) {
    give_up(topics.error().message);
  }
  const auto made =
      topics.value()->create({.name = what.topic,
                              .partitions = static_cast<std::uint32_t>(what.partitions),
                              .replication = replication},
                             patience);
  if (!made) {
    give_up(made.error().message);
  }
  auto producer = weir::kafka_producer::make(
      {.client = client, .queue_bytes_max = std::uint64_t{1} << 30, .delivery_timeout = patience});
  if (!producer) {
    give_up(producer.error().message);
  }
  const auto value = std::make_shared<std::string>(noise(what.record_bytes));
  // Connections, leaders and the producer's identity are found once.
  write_turns(*producer.value(), what, 8, value);
  std::printf("begin\n");
  std::fflush(stdout);
  static_cast<void>(std::getchar());
  const double cpu = write_turns(*producer.value(), what, what.turns, value);
  std::printf("{\"records\": %zu, \"bytes\": %zu, \"cpu_seconds\": %.4f}\n",
              what.turns * static_cast<std::size_t>(what.partitions),
              what.turns * static_cast<std::size_t>(what.partitions) * what.record_bytes, cpu);
  return 0;
}

int read(const weir::kafka_client_options& client, const std::string& topic, std::size_t records) {
  std::atomic<std::size_t> seen{0};
  std::atomic<std::size_t> bytes{0};
  std::mutex lock;
  std::condition_variable all;
  std::printf("begin\n");
  std::fflush(stdout);
  static_cast<void>(std::getchar());
  const double begin = cpu_seconds();
  weir::kafka_group_events events;
  events.assigned = [](const std::vector<std::int32_t>& partitions) {
    return std::vector<std::int64_t>(partitions.size(), 0);
  };
  events.revoked = [](const std::vector<std::int32_t>&, bool) {};
  events.received = [&](weir::kafka_record record) {
    bytes.fetch_add(record.value.size());
    if (seen.fetch_add(1) + 1 == records) {
      const std::lock_guard hold(lock);
      all.notify_one();
    }
  };
  weir::kafka_group_options options;
  options.client = client;
  options.group = topic + "-" + std::to_string(time(nullptr));
  options.topic = topic;
  auto group = weir::kafka_group::join(std::move(options), std::move(events));
  if (!group) {
    give_up(group.error().message);
  }
  {
    std::unique_lock hold(lock);
    all.wait(hold, [&] { return seen.load() >= records; });
  }
  std::printf("{\"records\": %zu, \"bytes\": %zu, \"cpu_seconds\": %.4f}\n", seen.load(),
              bytes.load(), cpu_seconds() - begin);
  std::fflush(stdout);
  return 0;
}

void tell(const char* what, const std::vector<std::int32_t>& partitions) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  std::string list;
  for (const std::int32_t each : partitions) {
    list += (list.empty() ? "" : ", ") + std::to_string(each);
  }
  std::printf("{\"at\": %lld.%06ld, \"%s\": [%s]}\n", static_cast<long long>(now.tv_sec),
              now.tv_nsec / 1000, what, list.c_str());
  std::fflush(stdout);
}

int be_member(const weir::kafka_client_options& client, const std::string& topic,
              const std::string& group) {
  weir::kafka_group_events events;
  events.assigned = [](const std::vector<std::int32_t>& partitions) {
    tell("assigned", partitions);
    return std::vector<std::int64_t>(partitions.size(), 0);
  };
  events.revoked = [](const std::vector<std::int32_t>& partitions, bool) {
    tell("revoked", partitions);
  };
  events.received = [](weir::kafka_record) {};
  weir::kafka_group_options options;
  options.client = client;
  options.group = group;
  options.topic = topic;
  auto member = weir::kafka_group::join(std::move(options), std::move(events));
  if (!member) {
    give_up(member.error().message);
  }
  while (std::getchar() != EOF) {
  }
  return 0;
}

std::size_t number(const char* word) {
  char* end = nullptr;
  const std::size_t found = std::strtoull(word, &end, 10);
  if (end == word || *end != '\0' || found == 0) {
    give_up(std::string("not a number above 0: ") + word);
  }
  return found;
}

}  // namespace

int main(int count, char** words) {
  const std::string_view what = count > 1 ? words[1] : "";
  weir::kafka_client_options client;
  client.brokers = {count > 2 ? words[2] : ""};
  if (what == "write" && (count == 7 || count == 8)) {
    return write(client,
                 {.topic = words[3],
                  .partitions = static_cast<std::int32_t>(number(words[4])),
                  .record_bytes = number(words[5]),
                  .turns = number(words[6])},
                 count == 8 ? static_cast<std::uint32_t>(number(words[7])) : 1);
  }
  if (what == "read" && count == 5) {
    return read(client, words[3], number(words[4]));
  }
  if (what == "member" && count == 5) {
    return be_member(client, words[3], words[4]);
  }
  std::fprintf(stderr,
               "usage: scale_records write BROKERS TOPIC PARTITIONS RECORD_BYTES TURNS "
               "[REPLICATION]\n       scale_records read BROKERS TOPIC RECORDS\n       "
               "scale_records member BROKERS TOPIC GROUP\n");
  return 2;
}
