// SPDX-License-Identifier: Apache-2.0
//
// The parking place in files: a folder for each lane, in it files of the log's own format whose
// records keep the numbers that the log gave them (docs/parking_format.md). No file stays open for
// a lane, so that thousands of them cost no descriptors. What belongs to a frame that is parked is
// on disk when `park` returns, with `durability::power` on stable storage. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "files/file_operations.hpp"
#include "log/local/segment.hpp"
#include "log/local/segment_scanner.hpp"
#include "sinks/parking/parking.hpp"

namespace weir {

/// Where a sink's parking place is, in the folder of all of them.
[[nodiscard]] std::string parking_directory(const std::string& of_all,
                                            const std::string& sink_name);

struct parked_files_options {
  /// Of this sink alone. Made when something is parked first.
  std::string directory;
  std::uint64_t keep_bytes = std::uint64_t{1} << 30;
  durability kept = durability::process;
  /// Nothing is changed on disk, for those who look into the place of a weir that runs.
  bool read_only = false;
  /// The wall clock.
  std::function<std::int64_t()> now_ns;
  file_system* files = &posix_file_system();
};

class parked_files final : public parking {
 public:
  /// Refusals of the disk that one recovery waits for; what cannot be read then is left aside.
  static constexpr int recovery_tries_max = 120;

  /// Finds the files; reads none. A directory that is no parking place is set aside. Fails when the
  /// disk does, with the path and the reason.
  [[nodiscard]] static result<std::unique_ptr<parked_files>> open(parked_files_options options);

  bool recover(const std::function<park_claim(const frame_header&)>& judge) override;
  parked park(const lane_key& lane, std::span<const frame_ptr> frames) override;
  [[nodiscard]] std::uint64_t bytes_of(const frame& one) const override;
  [[nodiscard]] read_result next(log_position from, const lane_key& lane) override;
  given_up give_up_oldest(const lane_key& lane, const lane_position& at) override;
  void release(const lane_key& lane, log_position below) override;
  [[nodiscard]] const park_shares& shares() const noexcept override { return shares_; }

 private:
  struct file {
    std::shared_ptr<segment> about;
    segment_limits limits;  // what of it is parked
    /// Nothing may be written behind its records.
    bool closed = false;
    /// It counts no more: its lane has given it up.
    bool given_up = false;
  };
  struct lane_files {
    std::string folder;
    std::vector<file> files;  // in the order of positions; never empty
  };
  /// What `open` found: names of files by their first positions, in each folder.
  using found_folders = std::map<std::string, std::set<std::uint64_t>>;

  explicit parked_files(parked_files_options options)
      : options_(std::move(options)), files_(*options_.files), shares_(options_.keep_bytes) {}

  // parked_files_posix.cpp
  [[nodiscard]] std::string path_of(const std::string& folder) const {
    return options_.directory + "/" + folder;
  }
  [[nodiscard]] std::string folder_for(const lane_key& lane);
  [[nodiscard]] std::uint64_t file_bytes_max() const;
  result<std::unique_ptr<segment_writer>> writer_for(lane_files& of, log_position first);
  outcome make_folder(const std::string& folder);
  [[nodiscard]] segment_scanner* scanner_of(const file& one, std::string& why, bool& gone);
  /// Adds the lane's files up anew.
  void count(const lane_key& lane);
  void remove_file(const file& one);
  void forget_folder(const std::string& folder);

  // parked_recovery_posix.cpp
  outcome find();
  outcome find_in(const std::string& folder);
  struct recovered;
  struct reading;
  [[nodiscard]] bool recover_folder(const std::string& folder, std::set<std::uint64_t>& firsts,
                                    const std::function<park_claim(const frame_header&)>& judge);
  [[nodiscard]] bool read_file(std::uint64_t first, std::uint64_t end_max,
                               const std::function<park_claim(const frame_header&)>& judge);
  [[nodiscard]] bool refusal_may_pass(const std::string& why);
  /// No segment: there is none to be read, or the disk refused, then with `why`.
  [[nodiscard]] std::shared_ptr<segment> examine(const std::string& path, std::uint64_t first,
                                                 std::uint64_t& bytes, std::string& why);
  [[nodiscard]] std::string read_records(
      recovered& of, const std::function<park_claim(const frame_header&)>& judge,
      std::optional<lane_key>& lane);
  void cut(recovered& of);
  void set_aside(const std::string& path, const std::string& why);

  const parked_files_options options_;
  file_system& files_;
  /// What is not read yet.
  found_folders found_;
  std::shared_ptr<reading> reading_;
  int recovery_tries_ = recovery_tries_max;
  std::set<std::string> folders_;  // in use
  std::map<lane_key, lane_files> lanes_;
  park_shares shares_;
  std::unique_ptr<segment_scanner> scanner_;  // of the file read last
};

}  // namespace weir
