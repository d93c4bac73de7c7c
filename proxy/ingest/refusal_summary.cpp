// SPDX-License-Identifier: Apache-2.0
#include "ingest/refusal_summary.hpp"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// A sample repeats so much of a line and of its reason.
constexpr std::size_t sample_line_bytes_max = 200;
constexpr std::size_t sample_reason_bytes_max = 300;
constexpr std::size_t agent_bytes_max = 64;
constexpr std::string_view withheld_code = "all_or_nothing";

std::string_view without_port(std::string_view address) noexcept {
  return address.substr(0, std::min(address.rfind(':'), address.size()));
}

std::string cut(std::string_view text, std::size_t bytes_max) {
  return std::string(text.substr(0, bytes_max)) + (text.size() > bytes_max ? "..." : "");
}

std::string name_of_sender(const refusal_digest::sender& from) {
  std::string name = from.address.empty() ? "an unknown address" : from.address;
  if (!from.user.empty()) {
    name += ", user \"" + from.user + "\"";
  }
  if (!from.agent.empty()) {
    name += ", " + cut(from.agent, agent_bytes_max);
  }
  return name;
}

/// Calls `with` for each reason that is not 0, with its count.
template <class With>
void each_reason(const line_account& account, With with) {
  for (std::size_t i = 0; i < account.refused_by_parser.size(); ++i) {
    if (account.refused_by_parser[i] > 0) {
      with(name_of(static_cast<parse_code>(i)), account.refused_by_parser[i]);
    }
  }
  for (std::size_t i = 0; i < account.rejected_by_gate.size(); ++i) {
    if (account.rejected_by_gate[i] > 0) {
      with(name_of(static_cast<gate_code>(i)), account.rejected_by_gate[i]);
    }
  }
  if (account.withheld > 0) {
    with(withheld_code, account.withheld);
  }
}

template <class Counts>
auto greatest_of(const Counts& counts) {
  return std::max_element(counts.begin(), counts.end(), [](const auto& one, const auto& other) {
    return one.second < other.second;
  });
}

}  // namespace

bool refusal_digest::wants_sample(std::string_view code) const noexcept {
  return samples_.size() < samples_max &&
         std::none_of(samples_.begin(), samples_.end(),
                      [code](const sample& each) { return each.code == code; });
}

void refusal_digest::add_sample(std::string_view code, std::string_view text,
                                std::string_view reason) {
  samples_.push_back({code, "'" + cut(text, sample_line_bytes_max) +
                                "': " + cut(reason, sample_reason_bytes_max)});
}

void refusal_digest::begin_sender(const letter_header& header) {
  const std::string_view address = without_port(header.address);
  const auto known = std::find_if(senders_.begin(), senders_.end(), [&](const sender& each) {
    return each.address == address && each.user == header.user && each.agent == header.agent;
  });
  if (known != senders_.end()) {
    current_ = static_cast<std::size_t>(known - senders_.begin());
    return;
  }
  if (senders_.size() < senders_max) {
    senders_.push_back({std::string(address), header.user, header.agent, 0});
  } else {
    senders_.back() = {"others", "", "", senders_.back().lines};
  }
  current_ = senders_.size() - 1;
}

void refusal_digest::clear() noexcept {
  begun_ = false;
  senders_.clear();
  samples_.clear();
}

void refusal_summary::note(const line_account& account, const refusal_digest& digest) {
  const std::uint64_t rejected = account.rejected();
  if (rejected == 0) {
    return;
  }
  const std::lock_guard lock(mutex_);
  ++requests_;
  lines_ += rejected;
  std::uint64_t left = rejected;
  for (const refusal_digest::sender& from : digest.senders()) {
    // Lines that were good and are withheld are those of the request's one sender.
    const std::uint64_t lines = digest.senders().size() == 1 ? rejected : from.lines;
    const std::string name = name_of_sender(from);
    if (by_sender_.size() < senders_max || by_sender_.count(name) > 0) {
      by_sender_[name] += lines;
      left -= std::min(left, lines);
    }
  }
  by_others_ += left;
  each_reason(account, [this](std::string_view reason, std::uint64_t lines) {
    by_reason_[reason] += lines;
  });
  for (const refusal_digest::sample& each : digest.samples()) {
    samples_.emplace(each.code, each.text);
  }
}

std::optional<std::string> refusal_summary::take(std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  const bool too_soon = last_ns_ && now_ns >= *last_ns_ && now_ns - *last_ns_ < pause_ns;
  if (lines_ == 0 || too_soon) {
    return std::nullopt;
  }
  std::string summary = listener_ + ": " + std::to_string(lines_) + " line(s) of " +
                        std::to_string(requests_) + " " + unit_ + " rejected" +
                        (last_ns_ ? " since the last summary" : "") + senders_text() +
                        reason_text();
  last_ns_ = now_ns;
  requests_ = lines_ = by_others_ = 0;
  by_sender_.clear();
  by_reason_.clear();
  samples_.clear();
  return summary;
}

std::string refusal_summary::senders_text() const {
  const auto most = greatest_of(by_sender_);
  if (most == by_sender_.end()) {
    return "";
  }
  std::string text = ", " + std::to_string(most->second) + " from " + most->first;
  const std::size_t others = by_sender_.size() - 1;
  if (by_others_ > 0) {
    text += ", the rest from more than " + std::to_string(others) + " others";
  } else if (others > 0) {
    text += ", the rest from " + std::to_string(others) + (others == 1 ? " other" : " others");
  }
  return text;
}

std::string refusal_summary::reason_text() const {
  const auto most = greatest_of(by_reason_);
  if (most == by_reason_.end()) {
    return "";
  }
  std::string text = "; " + std::string(by_reason_.size() > 1 ? "mostly " : "") +
                     std::string(most->first) + " (" + std::to_string(most->second) + ")";
  auto sample = samples_.find(most->first);
  if (sample == samples_.end()) {
    sample = samples_.begin();
  }
  if (sample != samples_.end()) {
    text += ", such as " + sample->second;
  }
  return text;
}

}  // namespace weir
