// SPDX-License-Identifier: Apache-2.0
//
// From staged lines to the log: seals the complete requests of one turn of a loop into frames,
// appends these in one call, and concludes each request with its outcome. Where the log answers
// `pending`, the requests wait for their ticket and a later `end` concludes them; the log wakes the
// loop for it.
// Knows requests, not the format their points came in. Pure but for the log behind its interface;
// one intake loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "codec/gzip.hpp"
#include "ingest/write_request.hpp"
#include "ingest/write_services.hpp"
#include "log/frame_log.hpp"

namespace weir {

class write_turn {
 public:
  /// `services` outlive the turn.
  explicit write_turn(const write_services& services) noexcept : services_(services) {}
  /// Of the frames sealed from now on.
  void compress(compression_mode mode) noexcept { compression_ = mode; }
  ~write_turn() { detach(); }
  write_turn(const write_turn&) = delete;
  write_turn& operator=(const write_turn&) = delete;

  /// `wake` is called, on the log's thread, when requests that wait can be concluded.
  void attach(std::function<void()> wake);
  /// When it returns, `wake` is not running and will not be called again.
  void detach();

  /// While a body is read: makes frames of the lines that fill some, so that a large body needs
  /// little memory and its end little time, and writes new field types if many wait. The log gets
  /// neither frames nor lines before `end`.
  void relieve(write_request& request);
  /// A request is complete. It stays alive until it is concluded or taken out.
  void add(write_request& request);
  /// Its client is gone. Whether the request is free: nothing of it will be written unless it was.
  /// False: the log has its lines already, and its `reuse` is called when they are settled.
  [[nodiscard]] bool take_out(write_request& request);

  [[nodiscard]] bool has_work() const noexcept {
    return !complete_.empty() || (!waiting_.empty() && waiting_.front().ticket->settled());
  }
  /// Requests wait for a group commit.
  [[nodiscard]] bool has_waiting() const noexcept { return !waiting_.empty(); }
  /// Concludes the requests whose tickets are settled; appends those that are complete and
  /// concludes each whose outcome is known.
  void end();

 private:
  /// Requests of one turn whose frames the log has not settled yet.
  struct waiting_requests {
    std::shared_ptr<const append_ticket> ticket;
    std::vector<write_request*> requests;
  };

  void conclude_settled();
  void append_complete(const std::vector<write_request*>& requests);
  /// Moves a request's lines into frames and frame builders.
  void gather(write_request& request);
  void seal_builders(std::int64_t now_ns);
  /// Behind all lines of the turn.
  void seal_ended(const write_request& request);
  [[nodiscard]] std::shared_ptr<frame> seal(frame_builder& builder, std::int64_t now_ns);
  [[nodiscard]] append_result append_frames();
  [[nodiscard]] outcome keep_types() const;
  [[nodiscard]] frame_builder& builder_for(const api::write_target& target);

  const write_services& services_;
  gzip_compressor compressor_;
  compression_mode compression_ = compression_mode::none;
  /// By database and retention policy.
  std::unordered_map<std::string, frame_builder> builders_;
  std::string builder_key_;
  std::vector<std::shared_ptr<frame>> frames_;
  std::vector<write_request*> complete_;
  std::deque<waiting_requests> waiting_;
  std::optional<std::size_t> watcher_;
};

}  // namespace weir
