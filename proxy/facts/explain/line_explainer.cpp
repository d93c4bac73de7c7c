// SPDX-License-Identifier: Apache-2.0
#include "facts/explain/line_explainer.hpp"

#include <algorithm>
#include <utility>

#include "base/time_unit.hpp"
#include "facts/explain/place.hpp"
#include "facts/refusals/code_titles.hpp"

namespace weir {
namespace {

// Names that explanations give are forgotten; so many bytes of them at once.
constexpr std::size_t names_bytes_max = std::size_t{1} << 20;

/// "point is invalid": where the parser has no better words for its code.
std::string words_of(std::string_view code) {
  std::string title(code);
  std::replace(title.begin(), title.end(), '_', ' ');
  return title;
}

line_note note_of(gate_code code) {
  const gate_code_row& row = row_of(code);
  return {row.name, std::string(title_of(code)), std::string(row.explanation),
          std::string(row.remedy)};
}

line_parts parts_of(const point_view& point) {
  line_parts parts;
  unescape_measurement(point.measurement, parts.measurement);
  for (const tag_view& tag : point.tags) {
    auto& [key, value] = parts.tags.emplace_back();
    unescape_tag(tag.key, key);
    unescape_tag(tag.value, value);
  }
  for (const field_view& field : point.fields) {
    line_parts::field& made = parts.fields.emplace_back();
    unescape_field_key(field.key, made.key);
    made.type = name_of(field.type);
    made.text = field.text;
  }
  parts.time_ns = point.time;
  return parts;
}

class explaining {
 public:
  explaining(const explain_terms& terms, explanation_report& report)
      : terms_(terms), report_(report) {
    if (terms.rules != nullptr && !terms.rules->empty()) {
      engine_.emplace(*terms.rules);
    }
    if (terms.remembered != nullptr) {
      tried_.emplace(*terms.remembered, terms.database, terms.retention_policy);
      memory_ = &tried_->memory();
    } else {
      own_memory_ =
          std::make_unique<gate_memory>(gate_memory_options{.series_bytes = names_bytes_max,
                                                            .types_bytes = names_bytes_max,
                                                            .duplicates_bytes = names_bytes_max,
                                                            .start_ns = terms.now_ns});
      memory_ = own_memory_.get();
    }
    gate_request request{
        .policy = terms.policy,
        .now_ns = terms.now_ns,
        .unit_ns = terms.unit_ns,
        .rules = engine_ ? engine_->rules_for(terms.database) : nullptr,
        .upstream_retention = terms.upstream_retention,
        .database = terms.database,
        .retention_policy = terms.retention_policy,
    };
    first_.begin(request);
    request.memory = memory_;
    gate_.begin(request);
    if (terms.sinks != nullptr) {
      series_.emplace(*terms.sinks, name_book::beside(terms.names, names_bytes_max), terms.database,
                      terms.retention_policy);
    }
  }

  /// `text` is read by the calls of `some`, and outlives them.
  void begin(std::string_view text);
  /// Explains the next lines, so many at most. False: those were the last.
  [[nodiscard]] bool some(std::size_t count);

 private:
  [[nodiscard]] parse_options options() const;
  void take_point(const point_view& point, bool overflowed, bool byte_order_mark);
  void take_error(const parse_error& error);
  [[nodiscard]] gate_answer pass(gate& by, const point_view& point, bool overflowed,
                                 staged_lines& out) const {
    return overflowed ? by.pass_overflowed(point, out) : by.pass(point, out);
  }
  void explain_refusal(const gate_answer& answer, const point_view& point, explained_line& line);
  void explain_kept(const point_view& point, const gate_tally& repaired, const gate_tally& noted,
                    explained_line& line) const;
  void advise_on(const point_view& point, bool byte_order_mark, explained_line& line) const;
  void add_becomes(explained_line& line);
  [[nodiscard]] explained_line& begin_line(std::uint64_t number, std::string_view text) {
    explained_line& line = report_.lines.emplace_back();
    line.line = number;
    line.text = text;
    return line;
  }
  static void place(const finding_example& example, std::size_t length, explained_line& line) {
    line.column = example.column;
    line.length = length;
    line.shown = example.shown;
    line.mark_column = example.mark_column;
    line.mark_columns = example.mark_columns;
  }

  const explain_terms& terms_;
  explanation_report& report_;
  std::optional<rule_engine> engine_;
  std::optional<tried_memory> tried_;
  std::unique_ptr<gate_memory> own_memory_;
  gate_memory* memory_ = nullptr;
  /// Without a memory: what a line is once it is canonical, so that what it asks for can be copied.
  gate first_;
  gate gate_;
  line_repair repair_;
  std::optional<series_of_line> series_;
  line_reader reader_;
  std::size_t explained_ = 0;
};

/// As write_job has it.
parse_options explaining::options() const {
  const database_settings& policy = *terms_.policy;
  return {.unit_ns = terms_.unit_ns == automatic_unit_ns ? 1 : terms_.unit_ns,
          .utf8 = policy.utf8 == utf8_mode::pass ? utf8_policy::pass : utf8_policy::reject,
          .tag_count = policy.tag_count == shield_mode::pass ? tag_count_policy::pass
                                                             : tag_count_policy::reject,
          .line_bytes_max = terms_.line_bytes_max};
}

void explaining::begin(std::string_view text) {
  reader_.reset(options());
  reader_.feed(text);
  reader_.finish();
}

bool explaining::some(std::size_t count) {
  for (; count > 0; --count) {
    const line_event event = reader_.next();
    if (event == line_event::more) {
      return false;
    }
    if (explained_ == explanation_report::lines_max) {
      report_.truncated = true;
      return false;
    }
    ++explained_;
    if (event == line_event::point) {
      const bool marked = reader_.point().line == 1 && reader_.counts().byte_order_marks > 0;
      take_point(reader_.point(), /*overflowed=*/false, marked);
    } else {
      take_error(reader_.error());
    }
    const line_fate fate = report_.lines.back().fate;
    ++(fate == line_fate::rejected  ? report_.rejected
       : fate == line_fate::dropped ? report_.dropped
                                    : report_.accepted);
  }
  return true;
}

void explaining::take_error(const parse_error& error) {
  switch (repair_.try_repair(error, options(), terms_.unit_ns, *terms_.policy)) {
    case line_repair::outcome::none:
      break;
    case line_repair::outcome::overflowed_time: {
      staged_lines unused;
      const std::size_t before = report_.lines.size();
      // Where the number is no mistaken precision the parser's error stands.
      if (pass(first_, repair_.point(), /*overflowed=*/true, unused).action != gate_action::keep) {
        take_point(repair_.point(), /*overflowed=*/true, false);
      }
      if (report_.lines.size() > before) {
        return;
      }
      break;
    }
    case line_repair::outcome::gauge_taken_out: {
      take_point(repair_.point(), /*overflowed=*/false, false);
      explained_line& line = report_.lines.back();
      line.text = error.text;
      if (line.canonical) {
        line.fate = line_fate::mended;
        line.code = line.code.empty() ? weir::name_of(gate_code::gauge_dropped) : line.code;
        line.notes.push_back(note_of(gate_code::gauge_dropped));
      }
      return;
    }
    case line_repair::outcome::nothing_left: {
      explained_line& line = begin_line(error.line, error.text);
      const line_note note = note_of(gate_code::gauge_dropped);
      line.fate = line_fate::dropped;
      line.code = note.code;
      line.title = note.title;
      line.explanation = note.explanation;
      place(make_example(error.text, std::nullopt, {}), 0, line);
      return;
    }
  }
  explained_line& line = begin_line(error.line, error.text);
  const std::int64_t unit_ns = options().unit_ns;
  diagnosis known = diagnose(error, unit_ns);
  line.fate = line_fate::rejected;
  line.code = weir::name_of(error.code);
  line.title = known.title.empty() ? words_of(line.code) : std::string(known.title);
  line.message = std::move(known.message);
  line.explanation = std::move(known.explanation);
  line.remedy = std::move(known.remedy);
  place(make_example(error.text, line_place{known.at, known.length}, {}), known.length, line);
  line.column = known.column;
  line.repaired = repair(error, unit_ns);
}

void explaining::take_point(const point_view& point, bool overflowed, bool byte_order_mark) {
  staged_lines staged;
  if (tried_ && !refuses(pass(first_, point, overflowed, staged)) && !staged.empty()) {
    std::string_view canonical = staged.text();
    canonical.remove_suffix(1);
    tried_->copy_for(canonical);
  }
  staged.clear(staged.held_bytes());
  const gate_tally repaired_before = gate_.repaired();
  const gate_tally noted_before = gate_.noted();
  const gate_answer answer = pass(gate_, point, overflowed, staged);
  explained_line& line = begin_line(point.line, point.text);
  line.point = parts_of(point);
  if (overflowed) {
    line.point->time_ns.reset();
  }
  if (refuses(answer)) {
    explain_refusal(answer, point, line);
    return;
  }
  std::string_view canonical = staged.text();
  canonical.remove_suffix(1);
  line.canonical = canonical;
  line.point->time_ns = staged.runs().front().time_least;
  gate_tally repaired = gate_.repaired();
  gate_tally noted = gate_.noted();
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    repaired[i] -= repaired_before[i];
    noted[i] -= noted_before[i];
  }
  explain_kept(point, repaired, noted, line);
  advise_on(point, byte_order_mark, line);
  add_becomes(line);
}

void explaining::explain_refusal(const gate_answer& answer, const point_view& point,
                                 explained_line& line) {
  const gate_code_row& row = row_of(answer.code);
  line.fate = answer.action == gate_action::drop ? line_fate::dropped : line_fate::rejected;
  line.code = row.name;
  line.title = title_of(answer.code);
  const std::string message = refusal_message(answer.code, point.text, gate_.detail(answer, point));
  const std::optional<line_place> at = place_of(answer.code, point, message);
  line.message = without_quote(message, point.text);
  line.explanation = row.explanation;
  line.remedy = row.remedy;
  place(make_example(point.text, at, {}), at ? at->length : 0, line);
}

/// The checks have let it through: what they changed, and what they say of it.
void explaining::explain_kept(const point_view& point, const gate_tally& repaired,
                              const gate_tally& noted, explained_line& line) const {
  std::optional<line_place> at;
  const auto note = [&](gate_code code, line_fate fate) {
    line.notes.push_back(note_of(code));
    if (code == gate_code::time_assigned || (line.fate == line_fate::mended)) {
      return;
    }
    if (line.fate != fate) {
      line.fate = fate;
      line.code = row_of(code).name;
      line.title = line.notes.back().title;
      line.explanation = line.notes.back().explanation;
      line.remedy = line.notes.back().remedy;
      at = place_of(code, point, {});
    }
  };
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    if (repaired[i] > 0) {
      note(static_cast<gate_code>(i), line_fate::mended);
    }
  }
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    if (noted[i] > 0) {
      note(static_cast<gate_code>(i), line_fate::noted);
    }
  }
  place(make_example(point.text, at, {}), at ? at->length : 0, line);
}

/// What the line says but probably does not mean.
void explaining::advise_on(const point_view& point, bool byte_order_mark,
                           explained_line& line) const {
  const line_circumstances circumstances{options().unit_ns, byte_order_mark};
  const std::vector<diagnosis> found = advise(point, circumstances);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const diagnosis& each = found[i];
    line.notes.push_back({each.kind, std::string(each.title), each.explanation, each.remedy});
    if (line.fate == line_fate::accepted) {
      line.fate = line_fate::noted;
      line.code = each.kind;
      line.title = each.title;
      line.explanation = each.explanation;
      line.remedy = each.remedy;
      place(make_example(point.text, line_place{each.at, each.length}, {}), each.length, line);
      line.column = each.column;
      line.repaired = repair(point, circumstances, i);
    }
  }
}

void explaining::add_becomes(explained_line& line) {
  if (!series_) {
    return;
  }
  parse_options as_logged;
  as_logged.utf8 = utf8_policy::pass;
  as_logged.tag_count = tag_count_policy::pass;
  line_reader reader(as_logged);
  reader.feed(*line.canonical);
  reader.finish();
  if (reader.next() == line_event::point) {
    line.becomes = series_->series(reader.point());
    line.not_taken_by = series_->not_taken_by(reader.point());
  }
}

}  // namespace

std::string_view name_of(line_fate fate) noexcept {
  switch (fate) {
    case line_fate::accepted:
      return "accepted";
    case line_fate::mended:
      return "mended";
    case line_fate::noted:
      return "noted";
    case line_fate::rejected:
      return "rejected";
    case line_fate::dropped:
      return "dropped";
  }
  return {};
}

explanation_report explain_lines(std::string_view text, const explain_terms& terms) {
  explanation_report report;
  explaining all(terms, report);
  all.begin(text);
  while (all.some(explanation_report::lines_max)) {
  }
  return report;
}

struct piecewise_explanation::state {
  state(std::string lines, explain_terms given)
      : text(std::move(lines)), terms(std::move(given)), lines_of(terms, report) {
    lines_of.begin(text);
  }
  const std::string text;
  const explain_terms terms;
  /// With the lines of a piece alone.
  explanation_report report;
  explaining lines_of;
  bool begun = false;
  bool any = false;
};

piecewise_explanation::piecewise_explanation(std::string text, explain_terms terms)
    : state_(std::make_unique<state>(std::move(text), std::move(terms))) {}

piecewise_explanation::~piecewise_explanation() = default;

bool piecewise_explanation::next(std::string& out) {
  // A line that is wrong in many ways takes a tenth of a millisecond.
  constexpr std::size_t lines_at_once = 8;
  if (!std::exchange(state_->begun, true)) {
    begin_report(out);
  }
  const bool more = state_->lines_of.some(lines_at_once);
  for (const explained_line& each : state_->report.lines) {
    if (std::exchange(state_->any, true)) {
      out += ',';  // the line before may have been in another piece
    }
    append_line(each, out);
  }
  state_->report.lines.clear();
  if (!more) {
    end_report(state_->report, out);
  }
  return more;
}

}  // namespace weir
