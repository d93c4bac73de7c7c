// SPDX-License-Identifier: Apache-2.0
#include "log/local/replay_log.hpp"

#include <algorithm>
#include <utility>

#include "base/glob.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

class replay_log final : public frame_log {
 public:
  replay_log(const stored_log& stored, replay_range range, std::uint64_t end)
      : stored_(stored), range_(std::move(range)), end_(end) {}

  log_capabilities capabilities() const override { return {.durable = true}; }
  append_result append(std::span<const std::shared_ptr<frame>>) override {
    return {append_status::failed, "a log that is replayed takes nothing"};
  }
  log_position first() const override {
    return log_position(stored_.segments().empty() ? end_ : stored_.segments().front().first);
  }
  log_position end() const override { return log_position(end_); }
  std::uint32_t identity() const override { return stored_.identity(); }
  std::size_t subscribe(subscription, log_position) override { return 1; }
  void release(std::size_t, log_position) override {}
  void unsubscribe(std::size_t) override {}
  std::unique_ptr<log_reader> reader() override;
  void collect(metric_collector&) const override {}
  outcome close() override { return nothing{}; }

  [[nodiscard]] const stored_log& stored() const { return stored_; }
  [[nodiscard]] bool wants(const record_head& head) const {
    return head.sequence < end_ && range_.wants(head);
  }
  [[nodiscard]] frame_header header_of(const record_head& head) const {
    frame_header header = head.to_header();
    if (!range_.to_database.empty()) {
      header.database = range_.to_database;
      header.retention_policy.clear();
    }
    return header;
  }

 private:
  const stored_log& stored_;
  const replay_range range_;
  const std::uint64_t end_;
};

class replay_reader final : public log_reader {
 public:
  explicit replay_reader(const replay_log& log) : log_(log) {}

  read_result next(log_position from, const lane_key& lane) override {
    read_result out;
    out.next = log_.end();
    tell(log_.stored().scan(from.number(), [&](const record_head& head, const auto& load) {
      if (log_position(head.sequence) >= log_.end()) {
        return stored_log::visit::stop;
      }
      frame_header header = log_.header_of(head);
      if (!log_.wants(head) || header.database != lane.database ||
          header.retention_policy != lane.retention_policy) {
        return stored_log::visit::go_on;
      }
      auto read = std::make_shared<frame>();
      read->header = std::move(header);
      const auto status = load(read->stored);
      if (status == segment_scanner::payload_status::damaged) {
        return stored_log::visit::go_on;  // passed over; the sink counts its points as lost
      }
      if (status == segment_scanner::payload_status::failed) {
        out.status = read_status::failed;
        out.detail = "a record cannot be read";
        out.next = from;
        return stored_log::visit::stop;
      }
      out.status = read_status::frame;
      out.found = std::move(read);
      out.next = log_position(head.sequence).next();
      return stored_log::visit::stop;
    }));
    return out;
  }

  log_position headers(log_position from, std::size_t count_max,
                       std::vector<frame_header>& out) override {
    log_position next = std::max(from, log_.end());
    if (from >= log_.end() || count_max == 0) {
      return from;
    }
    tell(log_.stored().scan(from.number(), [&](const record_head& head, const auto&) {
      if (log_position(head.sequence) >= log_.end()) {
        return stored_log::visit::stop;
      }
      if (!log_.wants(head)) {
        return stored_log::visit::go_on;
      }
      out.push_back(log_.header_of(head));
      if (--count_max == 0) {
        next = log_position(head.sequence).next();
        return stored_log::visit::stop;
      }
      return stored_log::visit::go_on;
    }));
    return next;
  }

 private:
  static void tell(const stored_scan& found) {
    for (const std::string& each : found.faults) {
      journal_limited("replay", journal_level::warning, each);
    }
  }
  const replay_log& log_;
};

std::unique_ptr<log_reader> replay_log::reader() {
  return std::make_unique<replay_reader>(*this);
}

}  // namespace

bool replay_range::wants(const record_head& head) const {
  return head.kind == frame_kind::lines && head.received_ns >= since_ns &&
         head.received_ns < until_ns &&
         (database.empty() || matches_pattern(database, head.database));
}

std::unique_ptr<frame_log> make_replay_log(const stored_log& stored, replay_range range) {
  const stored_scan found =
      stored.scan(0, [](const record_head&, const auto&) { return stored_log::visit::go_on; });
  return std::make_unique<replay_log>(stored, std::move(range), found.end);
}

}  // namespace weir
