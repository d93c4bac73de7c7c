// SPDX-License-Identifier: Apache-2.0
//
// Cuts staged lines into frames: of one database, retention policy and shard each, closed at
// `frame_inflated_bytes_max`. Lines of one series keep their order. Knows no requests and no log.
// Pure; one write path's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/write_dialect.hpp"
#include "codec/gzip.hpp"
#include "gate/staging.hpp"
#include "log/frame.hpp"

namespace weir {

class frame_cutter {
 public:
  using frames = std::vector<std::shared_ptr<frame>>;

  /// `shards`: as the log says (log_capabilities).
  explicit frame_cutter(std::uint32_t shards) noexcept : shards_(shards) {}
  /// Of the frames sealed from now on.
  void compress(compression_mode mode) noexcept { compression_ = mode; }

  /// Adds the lines of the first `runs` runs, staged for as many shards, to the target's frames.
  /// Frames that are full then are appended to `to`, received at `now_ns`.
  void add(const api::write_target& target, const staged_lines& staged, std::size_t runs,
           std::int64_t now_ns, frames& to);
  /// Closes the frames that hold lines. Cost: what they hold, whatever the number of shards.
  void seal(std::int64_t now_ns, frames& to);
  /// Frames of series that ended (ended_series.hpp).
  void add_ended(const api::write_target& target, std::string_view lines, std::int64_t now_ns,
                 frames& to);

  /// Of buffers that wait for the next lines.
  [[nodiscard]] std::size_t idle_bytes() const noexcept { return idle_bytes_; }

 private:
  struct place {
    std::string database;
    std::string retention_policy;
    /// By shard; nullptr: no line of it waits.
    std::vector<std::unique_ptr<frame_builder>> open;
  };
  struct open_frame {
    place* of;
    std::uint32_t shard;
  };

  [[nodiscard]] place& place_of(const api::write_target& target);
  [[nodiscard]] frame_builder& builder_of(place& of, std::uint32_t shard);
  [[nodiscard]] std::unique_ptr<frame_builder> take_builder();
  void give_back(std::unique_ptr<frame_builder> builder);
  void add_runs(place& to, const staged_lines& staged, std::size_t runs, std::int64_t now_ns,
                frames& filled);
  void add_spread(place& to, const staged_lines& staged, std::size_t runs, std::int64_t now_ns,
                  frames& filled);
  [[nodiscard]] std::shared_ptr<frame> seal(const open_frame& full, std::int64_t now_ns);

  const std::uint32_t shards_;
  compression_mode compression_ = compression_mode::none;
  gzip_compressor compressor_;
  /// By database and retention policy.
  std::unordered_map<std::string, place> places_;
  std::string key_;
  /// In the order of their first lines.
  std::vector<open_frame> open_;
  std::vector<std::unique_ptr<frame_builder>> idle_;
  std::size_t idle_bytes_ = 0;
};

}  // namespace weir
