// SPDX-License-Identifier: Apache-2.0
//
// Takes up what asks for a reload (SIGHUP, POST /-/reload), one at a time: reads the configuration
// on a thread of libuv's pool, because names of hosts may be looked up, and puts it in force on the
// control loop's thread. Tells the journal, the service manager and those who asked.
#pragma once

#include <functional>
#include <memory>

#include "base/result.hpp"
#include "config/settings_reader.hpp"

struct uv_loop_s;

namespace weir {

class pipeline;

struct reloader_options {
  /// Reads the configuration. Called on another thread.
  std::function<result<loaded_settings>()> load;
  /// What was read, before anything of it is used: its secrets may be in messages from now on.
  /// Control loop's thread.
  std::function<void(const settings&)> was_read;
  /// What is in force now, for what lies outside of the pipeline. Control loop's thread.
  std::function<void(const settings&)> in_force;
};

/// Control loop's thread, unless something else is said.
class reloader {
 public:
  reloader(uv_loop_s* loop, reloader_options options);
  /// Closes its handles; the loop must run once more for that.
  ~reloader();
  reloader(const reloader&) = delete;
  reloader& operator=(const reloader&) = delete;

  /// Makes the loop look at the pipeline's desk soon. Any thread, as long as the loop exists.
  [[nodiscard]] std::function<void()> wake() const;
  /// From here on SIGHUP asks for a reload, too.
  void begin(pipeline& running);
  /// Weir ends: nothing is reloaded any more.
  void end();

 private:
  struct state;
  /// libuv's callbacks may come after this object is gone.
  std::shared_ptr<state> state_;
};

}  // namespace weir
