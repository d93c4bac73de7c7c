// SPDX-License-Identifier: Apache-2.0
//
// What must be true, kept apart from the code under test: every point that a client sent, what the
// client was told of it, and what each upstream stored. It is told of crashes and faults as well,
// because some of them excuse a loss or a repetition, and only those do.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "log/open_log.hpp"
#include "simulation/trace.hpp"

namespace weir::simulation {

using point_id = std::uint32_t;

/// Numbers of a series ascend from 0 in the order in which its one client sends them.
struct point {
  std::uint32_t client = 0;
  std::uint32_t series = 0;
  std::uint32_t number = 0;
  std::int64_t time_ns = 0;
  /// The servers refuse it for good.
  bool poison = false;
  /// Requests with it that the log may have taken.
  std::uint16_t sends = 0;
  bool acknowledged = false;
  /// What that promised.
  append_promise promise = append_promise::written;
};

class model {
 public:
  /// `strict_order`: no upstream fails in this run. Where one does, weir may send halves of a batch
  /// to find the line on which it fails, and the newer half may be stored before the older one;
  /// what is stored in the end is then all that is checked.
  model(trace& events, bool strict_order) : events_(events), strict_order_(strict_order) {}

  // ---- clients
  point_id add(std::uint32_t client, std::uint32_t series, std::int64_t time_ns, bool poison);
  /// Its line came back; nothing when no such point was ever made.
  [[nodiscard]] const point_id* find(std::uint32_t client, std::uint32_t series,
                                     std::uint32_t number) const;
  [[nodiscard]] const point& at(point_id id) const { return points_[id]; }
  [[nodiscard]] std::size_t size() const noexcept { return points_.size(); }
  void sent(const std::vector<point_id>& ids);
  /// The client was told that nothing was kept.
  void refused(const std::vector<point_id>& ids);
  /// A life of the process begins. Where the disk refused a write, and to cut off what there was of
  /// it, until the end of the life before, it is found whole: nobody could prevent that.
  void begins();
  void acknowledged(const std::vector<point_id>& ids, append_promise promise);
  /// What was acknowledged as received so far has been written.
  void all_written() { only_received_.clear(); }

  // ---- sinks and their upstreams
  /// Of which clients' points it takes, by client. It is owed what is acknowledged from now on.
  std::size_t add_sink(std::string name, std::vector<bool> wants);
  void remove_sink(std::size_t sink);
  /// Its upstream stored these, in this order.
  void stored(std::size_t sink, const std::vector<point_id>& ids);
  /// weir was told so; until the next cursor is kept it may forget.
  void answered(std::size_t sink, const std::vector<point_id>& ids);
  void cursor_kept(std::size_t sink);
  /// They were stored (or not), and weir was not told: it may send them again.
  void answer_lost(std::size_t sink, const std::vector<point_id>& ids);
  /// They stand in the sink's refused file, or in what replaced it.
  void set_aside(std::size_t sink, point_id id);
  /// A server refused them for good: they need not be stored, but must have been set aside.
  void refused_for_good(std::size_t sink, const std::vector<point_id>& ids);

  // ---- what excuses
  /// The process was killed: what was only in its memory is gone.
  void killed();
  /// The machine lost power: of what was acknowledged only `synced` holds, and cursors may be old.
  void lost_power();
  /// Cursors are old, or gone.
  void cursors_lost();
  /// Frames of the log, or of a parking place, may be gone that this sink still needs.
  void frames_lost(std::size_t sink);
  void frames_lost();

  // ---- checks
  /// Points owed to it that are neither stored nor set aside, and that nothing excuses.
  [[nodiscard]] std::vector<point_id> missing(std::size_t sink, bool excused = false) const;
  /// Reports whatever is missing, and whatever is not as its series' last write.
  void check_end() const;
  [[nodiscard]] std::string name_of(point_id id) const;
  [[nodiscard]] std::size_t sinks() const noexcept { return sinks_.size(); }
  [[nodiscard]] bool gone(std::size_t sink) const { return sinks_[sink].gone; }
  [[nodiscard]] bool stored_at(std::size_t sink, point_id id) const {
    return id < sinks_[sink].of.size() && sinks_[sink].of[id].stored > 0;
  }
  [[nodiscard]] const std::string& sink_name(std::size_t sink) const { return sinks_[sink].name; }

 private:
  struct fate {
    std::uint16_t stored = 0;
    /// Repetitions that have an excuse.
    std::uint16_t repeats = 0;
    bool owed = false;
    bool may_be_lost = false;
    bool set_aside = false;
    bool refused = false;
  };
  using series_key = std::pair<std::uint32_t, std::uint32_t>;
  struct view {
    std::string name;
    std::vector<bool> wants;
    bool gone = false;
    std::vector<fate> of;
    std::vector<point_id> unsaved;
    /// The highest number stored so far of each series.
    std::map<series_key, std::uint32_t> highest;
    /// By series and time: the point written last, and the one with the highest number.
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>, std::pair<point_id, point_id>>
        values;
  };
  fate& fate_of(view& of, point_id id);
  void store_one(view& at, point_id id);
  void check_values(const view& of) const;

  trace& events_;
  const bool strict_order_;
  bool power_was_lost_ = false;
  std::vector<point> points_;
  std::map<series_key, std::vector<point_id>> series_;
  std::vector<view> sinks_;
  std::vector<point_id> only_received_;
  /// Since something was acknowledged.
  std::vector<point_id> refused_last_;
};

}  // namespace weir::simulation
