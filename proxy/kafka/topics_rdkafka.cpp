// SPDX-License-Identifier: Apache-2.0
#include "kafka/topics_rdkafka.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/assert.hpp"
#include "kafka/handle_rdkafka.hpp"

namespace weir {
namespace {

int milliseconds_of(std::chrono::milliseconds wait) {
  return static_cast<int>(std::min<std::int64_t>(wait.count(), 1'000'000));
}

struct metadata_deleter {
  void operator()(const rd_kafka_metadata_t* one) const noexcept { rd_kafka_metadata_destroy(one); }
};
struct topic_deleter {
  void operator()(rd_kafka_topic_t* one) const noexcept { rd_kafka_topic_destroy(one); }
};
struct new_topic_deleter {
  void operator()(rd_kafka_NewTopic_t* one) const noexcept { rd_kafka_NewTopic_destroy(one); }
};
struct resource_deleter {
  void operator()(rd_kafka_ConfigResource_t* one) const noexcept {
    rd_kafka_ConfigResource_destroy(one);
  }
};
struct admin_deleter {
  void operator()(rd_kafka_AdminOptions_t* one) const noexcept {
    rd_kafka_AdminOptions_destroy(one);
  }
};
using admin_options = std::unique_ptr<rd_kafka_AdminOptions_t, admin_deleter>;

admin_options options_of(rd_kafka_t* handle, rd_kafka_admin_op_t what,
                         std::chrono::milliseconds wait) {
  admin_options made(rd_kafka_AdminOptions_new(handle, what));
  std::array<char, 128> why{};
  static_cast<void>(rd_kafka_AdminOptions_set_request_timeout(made.get(), milliseconds_of(wait),
                                                              why.data(), why.size()));
  return made;
}

kafka_ptr<rd_kafka_topic_partition_list_t> one_partition(const std::string& topic,
                                                         std::int32_t partition) {
  kafka_ptr<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  static_cast<void>(rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition));
  return list;
}

/// The leader that is remembered is not it any more, or is away. librdkafka does not look again for
/// these questions.
bool is_leaders_matter(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         error == RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE ||
         error == RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR ||
         error == RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH ||
         error == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH ||
         error == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
         error == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

}  // namespace

struct kafka_topics::state {
  kafka_ptr<rd_kafka_t> handle;
};

kafka_topics::kafka_topics(std::unique_ptr<state> made) : state_(std::move(made)) {}
kafka_topics::~kafka_topics() = default;

result<std::unique_ptr<kafka_topics>> kafka_topics::make(const kafka_client_options& client,
                                                         const std::string& group) {
  std::vector<std::pair<std::string, std::string>> own{{"allow.auto.create.topics", "false"}};
  if (!group.empty()) {
    own.emplace_back("group.id", group);
    // librdkafka warns of it in a producer.
    own.emplace_back("enable.auto.commit", "false");
  }
  auto conf = make_kafka_conf(client, own);
  if (!conf) {
    return conf.error();
  }
  // Only a consumer may ask for a group's offsets, and only with a group.
  auto handle = make_kafka_handle(group.empty() ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                                  std::move(conf).value());
  if (!handle) {
    return handle.error();
  }
  auto made = std::make_unique<state>();
  made->handle = std::move(handle).value();
  return std::unique_ptr<kafka_topics>(new kafka_topics(std::move(made)));
}

result<std::optional<kafka_topic_facts>> kafka_topics::describe(const std::string& topic,
                                                                wait at_most) const {
  const std::unique_ptr<rd_kafka_topic_t, topic_deleter> about(
      rd_kafka_topic_new(state_->handle.get(), topic.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(state_->handle.get(), 0, about.get(), &raw, milliseconds_of(at_most));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure{kafka_error_text(error)};
  }
  const std::unique_ptr<const rd_kafka_metadata_t, metadata_deleter> metadata(raw);
  if (metadata->topic_cnt != 1) {
    return std::optional<kafka_topic_facts>{};
  }
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return std::optional<kafka_topic_facts>{};
  }
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR &&
      found.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
    return failure{fmt::format("topic {}: {}", topic, kafka_error_text(found.err))};
  }
  kafka_topic_facts out;
  out.partitions = static_cast<std::uint32_t>(found.partition_cnt);
  for (int i = 0; i < found.partition_cnt; ++i) {
    const rd_kafka_metadata_partition_t& one = found.partitions[i];
    const auto replicas = static_cast<std::uint32_t>(one.replica_cnt);
    out.replicas = i == 0 ? replicas : std::min(out.replicas, replicas);
    const auto in_sync = static_cast<std::uint32_t>(one.isr_cnt);
    out.in_sync = i == 0 ? in_sync : std::min(out.in_sync, in_sync);
    out.leaderless += one.leader < 0 ? 1 : 0;
  }
  return std::optional<kafka_topic_facts>{out};
}

result<bool> kafka_topics::create(const kafka_new_topic& wanted, wait at_most) const {
  std::array<char, 512> why{};
  const std::unique_ptr<rd_kafka_NewTopic_t, new_topic_deleter> made(rd_kafka_NewTopic_new(
      wanted.name.c_str(), static_cast<int>(wanted.partitions),
      wanted.replication == 0 ? -1 : static_cast<int>(wanted.replication), why.data(), why.size()));
  if (made == nullptr) {
    return failure{fmt::format("topic {}: {}", wanted.name, why.data())};
  }
  for (const auto& [name, value] : wanted.settings) {
    static_cast<void>(rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str()));
  }
  const kafka_ptr<rd_kafka_queue_t> queue(rd_kafka_queue_new(state_->handle.get()));
  const admin_options options =
      options_of(state_->handle.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, at_most);
  rd_kafka_NewTopic_t* list[] = {made.get()};
  rd_kafka_CreateTopics(state_->handle.get(), list, 1, options.get(), queue.get());
  const kafka_ptr<rd_kafka_event_t> event(
      rd_kafka_queue_poll(queue.get(), milliseconds_of(at_most) + 1'000));
  if (event == nullptr) {
    return failure{fmt::format("topic {}: the brokers do not answer", wanted.name)};
  }
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure{
        fmt::format("topic {}: {}", wanted.name, rd_kafka_event_error_string(event.get()))};
  }
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  const rd_kafka_resp_err_t error =
      count == 0 ? RD_KAFKA_RESP_ERR__FAIL : rd_kafka_topic_result_error(results[0]);
  if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    return false;
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* said = count == 0 ? nullptr : rd_kafka_topic_result_error_string(results[0]);
    return failure{fmt::format("topic {} cannot be made: {}", wanted.name,
                               said == nullptr ? kafka_error_text(error) : said)};
  }
  return true;
}

result<std::optional<std::string>> kafka_topics::setting(const std::string& topic,
                                                         const std::string& name,
                                                         wait at_most) const {
  const std::unique_ptr<rd_kafka_ConfigResource_t, resource_deleter> about(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const kafka_ptr<rd_kafka_queue_t> queue(rd_kafka_queue_new(state_->handle.get()));
  const admin_options options =
      options_of(state_->handle.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, at_most);
  rd_kafka_ConfigResource_t* list[] = {about.get()};
  rd_kafka_DescribeConfigs(state_->handle.get(), list, 1, options.get(), queue.get());
  const kafka_ptr<rd_kafka_event_t> event(
      rd_kafka_queue_poll(queue.get(), milliseconds_of(at_most) + 1'000));
  if (event == nullptr) {
    return failure{fmt::format("topic {}: the brokers do not answer", topic)};
  }
  const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
  if (error == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE ||
      error == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION ||
      error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
      error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) {
    return std::optional<std::string>{};
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure{fmt::format("topic {}: {}", topic, rd_kafka_event_error_string(event.get()))};
  }
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count == 0 || rd_kafka_ConfigResource_error(resources[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::optional<std::string>{};
  }
  std::size_t entries = 0;
  const rd_kafka_ConfigEntry_t** all = rd_kafka_ConfigResource_configs(resources[0], &entries);
  for (std::size_t i = 0; i < entries; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(all[i]);
    if (name == rd_kafka_ConfigEntry_name(all[i]) && value != nullptr) {
      return std::optional<std::string>{value};
    }
  }
  return std::optional<std::string>{};
}

result<kafka_offsets> kafka_topics::offsets(const std::string& topic, std::int32_t partition,
                                            wait at_most) const {
  kafka_offsets out;
  const auto ask = [&] {
    return rd_kafka_query_watermark_offsets(state_->handle.get(), topic.c_str(), partition,
                                            &out.first, &out.end, milliseconds_of(at_most));
  };
  rd_kafka_resp_err_t error = ask();
  // A description asks the brokers, and what they say of leaders is remembered.
  if (is_leaders_matter(error) && describe(topic, at_most)) {
    error = ask();
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure{
        fmt::format("partition {} of {}: {}", partition, topic, kafka_error_text(error))};
  }
  return out;
}

result<std::int64_t> kafka_topics::offset_at(const std::string& topic, std::int32_t partition,
                                             std::int64_t time_ms, wait at_most) const {
  const auto list = one_partition(topic, partition);
  const auto ask = [&] {
    list->elems[0].offset = time_ms;
    const rd_kafka_resp_err_t error =
        rd_kafka_offsets_for_times(state_->handle.get(), list.get(), milliseconds_of(at_most));
    return error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : list->elems[0].err;
  };
  rd_kafka_resp_err_t own = ask();
  if (is_leaders_matter(own) && describe(topic, at_most)) {
    own = ask();
  }
  if (own != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure{fmt::format("partition {} of {}: {}", partition, topic, kafka_error_text(own))};
  }
  if (list->elems[0].offset >= 0) {
    return list->elems[0].offset;
  }
  auto all = offsets(topic, partition, at_most);
  if (!all) {
    return all.error();
  }
  return all.value().end;
}

result<std::optional<kafka_topics::committed_offset>> kafka_topics::committed(
    const std::string& topic, std::int32_t partition, wait at_most) const {
  const auto list = one_partition(topic, partition);
  const rd_kafka_resp_err_t error =
      rd_kafka_committed(state_->handle.get(), list.get(), milliseconds_of(at_most));
  const rd_kafka_topic_partition_t& found = list->elems[0];
  const rd_kafka_resp_err_t own = error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : found.err;
  if (own != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure{fmt::format("partition {} of {}: {}", partition, topic, kafka_error_text(own))};
  }
  if (found.offset < 0) {
    return std::optional<committed_offset>{};
  }
  committed_offset out{.offset = found.offset, .metadata = {}};
  if (found.metadata != nullptr) {
    out.metadata.assign(static_cast<const char*>(found.metadata), found.metadata_size);
  }
  return std::optional<committed_offset>{std::move(out)};
}

outcome kafka_topics::commit(const std::string& topic, std::int32_t partition, std::int64_t offset,
                             const std::string& metadata) const {
  const auto list = one_partition(topic, partition);
  list->elems[0].offset = offset;
  if (!metadata.empty()) {
    // librdkafka frees it with the list.
    auto* copy = static_cast<char*>(std::malloc(metadata.size()));  // NOLINT
    WEIR_ASSERT(copy != nullptr);
    std::copy(metadata.begin(), metadata.end(), copy);
    list->elems[0].metadata = copy;
    list->elems[0].metadata_size = metadata.size();
  }
  const rd_kafka_resp_err_t error = rd_kafka_commit(state_->handle.get(), list.get(), /*async=*/0);
  const rd_kafka_resp_err_t own = error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : list->elems[0].err;
  if (own != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure{fmt::format("partition {} of {}: {}", partition, topic, kafka_error_text(own))};
  }
  return nothing{};
}

std::string kafka_topics::cluster_id(wait at_most) const {
  char* id = rd_kafka_clusterid(state_->handle.get(), milliseconds_of(at_most));
  std::string out = id == nullptr ? "" : id;
  if (id != nullptr) {
    rd_kafka_mem_free(state_->handle.get(), id);
  }
  return out;
}

}  // namespace weir
