// SPDX-License-Identifier: Apache-2.0
#include "server/lines/udp_service.hpp"

#include <utility>

#include "accounts/source_registry.hpp"
#include "base/clock_posix.hpp"
#include "observe/journal.hpp"
#include "server/lines/line_target.hpp"

namespace weir {
namespace {

// Programs in C send a string's NUL along, or the whole of a buffer that zeros follow.
std::string_view without_final_nuls(std::string_view datagram) noexcept {
  return datagram.substr(0, datagram.find_last_not_of('\0') + 1);
}

class udp_worker final : public datagram_worker {
 public:
  explicit udp_worker(const udp_services& services)
      : path_(services.writes),
        configured_(services.configured),
        name_("udp " + services.configured.current()->listen),
        counts_(services.counts),
        log_failed_(services.log_failed) {
    if (services.writes.sources != nullptr) {
      source_ = &services.writes.sources->find_or_add("udp", "", "none");
    }
  }

  void receive(std::string_view datagram, const peer_address& from) override;
  [[nodiscard]] std::size_t waiting() const override {
    return waiting_ + (path_.has_waiting() ? 1 : 0);
  }
  void flush() override;

 private:
  /// The datagrams that share a job.
  struct batch {
    write_job* job = nullptr;
    std::uint64_t datagrams = 0;
  };

  [[nodiscard]] bool begin(std::int64_t now_ns);
  void finished(const batch& whose, write_end end, const write_verdict& verdict,
                const std::string& detail);
  void lost(udp_fate fate, std::uint64_t datagrams, const std::string& detail);

  write_path path_;
  const published<udp_settings>& configured_;
  std::uint64_t configured_version_ = 0;
  api::write_target target_;
  const std::string name_;
  udp_counts& counts_;
  std::atomic<bool>& log_failed_;
  source_entry* source_ = nullptr;
  /// Of the datagram whose lines are looked at.
  peer_address from_;
  /// Being filled; shared with its job's `done`, which may come turns later (`synced`).
  std::shared_ptr<batch> open_;
  std::size_t waiting_ = 0;
};

bool udp_worker::begin(std::int64_t now_ns) {
  if (const std::uint64_t version = configured_.version(); version != configured_version_) {
    configured_version_ = version;
    const std::shared_ptr<const udp_settings> now = configured_.current();
    target_ = line_target(now->database, now->unit_ns);
  }
  auto opened = std::make_shared<batch>();
  std::string refusal;
  opened->job = path_.begin(
      target_, now_ns, refusal,
      [this, opened](write_end end, const write_verdict& verdict, const std::string& detail) {
        finished(*opened, end, verdict, detail);
      },
      {.source = source_, .describe = [this](letter_header& header) {
         header.listener = "udp";
         header.dialect = "udp";
         header.address = from_.kind == peer_address::family::unknown ? "unix" : to_string(from_);
       }});
  if (opened->job == nullptr) {
    lost(udp_fate::databases, 1, refusal);
    return false;
  }
  open_ = std::move(opened);
  return true;
}

void udp_worker::receive(std::string_view datagram, const peer_address& from) {
  // Of its own for each: lines without a time would otherwise fall on one point.
  const std::int64_t now_ns = wall_clock_ns();
  if (open_ != nullptr) {
    open_->job->next_body(now_ns);
  } else if (!begin(now_ns)) {
    return;
  }
  from_ = from;  // the last line of the one before has been looked at by now
  const std::string_view lines = without_final_nuls(datagram);
  if (lines.size() < datagram.size()) {
    open_->job->count_final_nul();
  }
  open_->job->body(lines);
  ++open_->datagrams;
  waiting_ += datagram.size() + 1;  // an empty one waits too
}

void udp_worker::flush() {
  if (open_ != nullptr) {
    open_->job->complete();
    open_.reset();
    waiting_ = 0;
  }
  path_.end_of_turn();
}

void udp_worker::finished(const batch& whose, write_end end, const write_verdict& verdict,
                          const std::string& detail) {
  switch (end) {
    case write_end::answered:
      counts_.settle(udp_fate::taken, whose.datagrams);
      if (verdict.accepted > 0) {
        log_failed_.store(false, std::memory_order_relaxed);
      }
      break;
    case write_end::overloaded:
    case write_end::too_large:
      lost(udp_fate::memory, whose.datagrams, detail);
      break;
    case write_end::log_full:
      lost(udp_fate::log_full, whose.datagrams, detail);
      break;
    case write_end::log_failed:
      log_failed_.store(true, std::memory_order_relaxed);
      lost(udp_fate::log_failed, whose.datagrams, detail);
      break;
  }
  path_.release(*whose.job);
}

void udp_worker::lost(udp_fate fate, std::uint64_t datagrams, const std::string& detail) {
  counts_.settle(fate, datagrams);
  journal_limited("udp lost " + name_, journal_level::error,
                  name_ + ": datagrams are dropped: " + detail);
}

}  // namespace

std::unique_ptr<datagram_worker> make_udp_worker(const udp_services& services) {
  return std::make_unique<udp_worker>(services);
}

}  // namespace weir
