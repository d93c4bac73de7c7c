// SPDX-License-Identifier: Apache-2.0
//
// What happens to pushed groups while nobody pushes: those whose time is over are forgotten, the
// others' samples are written again now and then, the log is told which series ended, and all
// groups go into their file. A thread of its own, on which its write path lives.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/times.hpp"
#include "codec/gzip.hpp"
#include "ingest/write_path.hpp"
#include "log/frame_log.hpp"
#include "push/groups_file_posix.hpp"
#include "server/push/push_service.hpp"

namespace weir {

class push_keeper {
 public:
  /// Reads the groups of the file (empty: none is kept). What is passed in outlives the keeper.
  push_keeper(push_service& service, const write_services& writes, clock_source clock,
              std::string file);
  ~push_keeper() { stop(); }
  push_keeper(const push_keeper&) = delete;
  push_keeper& operator=(const push_keeper&) = delete;

  /// Starts the thread.
  void start();
  /// Ends the thread and writes the file. Nobody pushes any more.
  void stop();

  /// What the thread does about once a second while there are groups. For tests without a thread.
  void work();
  /// Nothing is to be done before a group changes.
  [[nodiscard]] bool rests() const;

 private:
  void run();
  void repeat(const push::group& one, const moment& now);
  void tell_ended(wall_time now);
  void save();

  push_service& service_;
  const clock_source clock_;
  frame_log& log_;
  write_path path_;
  push::groups_file file_;
  steady_time saved_{};
  /// Of the groups that were saved last.
  std::uint64_t saved_version_ = 0;
  std::string lines_;
  gzip_compressor compressor_;
  /// What the log did not take yet.
  std::vector<std::shared_ptr<frame>> ended_;
  std::mutex lock_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool changed_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace weir
