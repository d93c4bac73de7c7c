// SPDX-License-Identifier: Apache-2.0
//
// The requests to a remote write receiver, over one or several connections: it shares the series of
// a batch out among them, takes it apart into requests, of which one is under way on each, finds
// what a refusal is about, and remembers what was sent. A batch is dealt with on all connections
// before the next one begins, so that each series stays in order, however many there are then.
// Batches that may hold the same series must go to the same shard. How bytes travel is transfer's
// part, how they look is the encoder's. Pure: the clock is passed in. Lives on its sink's thread,
// but for the counters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "net/transfer.hpp"
#include "sinks/remote_write/known_series.hpp"
#include "sinks/remote_write/sample_batch.hpp"
#include "sinks/remote_write/sample_metrics.hpp"
#include "sinks/remote_write/sample_run.hpp"
#include "sinks/remote_write/sending/answers.hpp"
#include "sinks/remote_write/sending/book_file.hpp"
#include "sinks/remote_write/sending/connection_scale.hpp"
#include "sinks/remote_write/sending/protocol_versions.hpp"
#include "sinks/remote_write/sending/send_memory.hpp"
#include "sinks/remote_write/sending/send_plan.hpp"
#include "sinks/remote_write/sending/sent_ledger.hpp"
#include "sinks/remote_write/stale/stale_book.hpp"
#include "sinks/remote_write/wire/encoder.hpp"
#include "sinks/target.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// What a shard works with. What is pointed to must outlive it.
struct shard_parts {
  transfer& http;
  /// Of version 1, and of version 2; null: version 1 alone is spoken.
  std::unique_ptr<request_encoder> encoder;
  std::unique_ptr<request_encoder> encoder_v2 = nullptr;
  /// Null: what was sent is forgotten at the end of the process (a memory log).
  std::unique_ptr<sent_store> sent;
  /// The wall clock, nanoseconds since the epoch.
  std::function<std::int64_t()> now_ns;
  /// Bytes of the table of series.
  std::size_t state_bytes = 0;
  std::shared_ptr<sample_counters> counters;
  std::shared_ptr<series_mapper> mapper;
  /// Null: nothing is known of the addresses yet.
  std::shared_ptr<protocol_versions> versions = nullptr;
  /// Null: no stale markers are sent. With a file (may be null) and what that held.
  std::unique_ptr<stale_book> stale = nullptr;
  std::unique_ptr<sent_store> series_file = nullptr;
  std::string series_before = {};
  request_limits limits = {};
};

class shard {
 public:
  /// A batch whose samples lie further apart goes over one connection: another one might be ahead
  /// by more than an hour, and a Prometheus takes nothing that is older by so much than its newest.
  static constexpr std::int64_t span_ms_max = 1'800'000;

  /// `sent_before` is what `parts.sent` held, `low_water` where the sink's cursor starts.
  /// `sink_name` (for the journal) and `settings` must outlive it.
  shard(const std::string& sink_name, const remote_write_settings& settings, shard_parts parts,
        std::string_view sent_before, log_position low_water);
  ~shard();
  shard(const shard&) = delete;
  shard& operator=(const shard&) = delete;

  /// As target::deliver; batches wait for each other.
  void deliver(const batch& source, target::done on_done);
  /// Forgets all batches. Requires: the transfer's requests were ended.
  void abort();
  /// As target's: keeps the last times of the series.
  void close();
  /// As target::tick: sends the stale markers that are owed.
  std::optional<std::int64_t> tick(std::int64_t now_ms, bool abreast);
  /// As target's.
  [[nodiscard]] bool marks_ends() const noexcept { return parts_.stale != nullptr; }
  void end_series(const lane_key& lane, std::string lines);
  /// As target::saved.
  void saved(log_position low_water);

 private:
  struct job {
    const batch* source;
    target::done on_done;
  };
  /// What of a lane's batch that is not done is remembered from attempt to attempt.
  struct lane_memory {
    refused_samples refused;
    /// 0: not chosen yet.
    std::size_t connections = 0;
  };
  struct connection;
  struct running;

  void pump();
  [[nodiscard]] bool go_on();
  void begin(job next);
  [[nodiscard]] std::size_t connections_for(const sample_batch& samples);
  [[nodiscard]] bool send_next(connection& over);
  void send(connection& over, const send_plan::range& part);
  // Each notes what is sent, for the ledger.
  void encode_samples(const sample_run& run, const send_plan::range& part, request_encoder& to,
                      std::vector<sent_sample>& sent);
  void encode_rows(const sample_run& run, const send_plan::range& part, request_encoder& to,
                   std::vector<sent_sample>& sent);
  /// The form of a request: where it goes to, and in which version.
  struct spoken {
    std::size_t address = 0;
    bool second = false;
  };
  /// Of a request that is posted now.
  [[nodiscard]] spoken speaks() const;
  [[nodiscard]] request_encoder& encoder(const spoken& form) noexcept {
    return form.second ? *parts_.encoder_v2 : *parts_.encoder;
  }
  [[nodiscard]] transfer_request request_with(std::string_view body, const spoken& form);
  /// Whether the reply shows that the request was of version 2 and its server does not know that;
  /// it is not spoken with that address then any more.
  [[nodiscard]] bool falls_back(const spoken& form, const http_reply& reply);
  void on_not_understood(connection& over, const http_reply& reply);
  void on_reply(connection& over, const http_reply& reply);
  void on_refused(connection& over, const remote_write_answer& answer);
  void on_stored(connection& over, const http_reply& reply, const remote_write_answer& answer);
  void end_batch();
  void finish(attempt_result result);
  void finish_done();
  void finish_paused(bool awaits_lost);
  void grow_requests();
  // stale_markers.cpp
  void recover_series();
  void note_series(sample_batch& samples, std::int64_t received_ms);
  [[nodiscard]] std::vector<stale_book::marker> owed_markers(std::int64_t now_ms);
  void send_markers(std::vector<stale_book::marker> markers);
  void on_markers_reply(const std::vector<stale_book::marker>& markers, const http_reply& reply);
  void forget_series(const std::vector<stale_book::marker>& markers);
  void count_series();
  void write_series();

  const std::string& sink_name_;
  const remote_write_settings& settings_;
  shard_parts parts_;
  sent_ledger ledger_;
  /// Those of the ledger, and of `parts_.stale`.
  book_file sent_;
  book_file series_;
  send_memory memory_;
  connection_scale scale_;
  /// By lane, while a batch of it is not done.
  std::map<lane_key, lane_memory> lanes_;
  std::deque<job> queue_;
  /// Of all batches: with one for each, what lives on of a batch would lie between its buffers, and
  /// the next one's would find no room there.
  line_reader reader_;
  sample_batch::buffers spare_;
  known_series known_;
  /// The batch under way; null between two.
  std::unique_ptr<running> running_;
  // Of the series being encoded, and of the request.
  std::vector<wire_sample> of_series_;
  std::vector<place_hint> sent_hints_;
  /// Markers of refused requests, in parts, the next one last; and when others may be sent.
  std::vector<std::vector<stale_book::marker>> marker_parts_;
  std::string marker_body_;
  std::int64_t markers_not_before_ms_ = 0;
  std::uint32_t successes_ = 0;
  /// Markers are under way.
  bool marking_ = false;
  bool pumping_ = false;
  bool page_reported_ = false;
};

}  // namespace weir
