// SPDX-License-Identifier: Apache-2.0
//
// HOT. The second pass of the two-pass kernels: from marks to a point, line by line. Included by
// two_pass.hpp, whose beginning draws it, into the target region of each kernel, behind the
// kernel's `key_difference`.
//
// Every function that can give up returns nullptr or false for it. `at` is always the mark that was
// passed last, `walk.mark` the next one.

// Where the walk is. It stays in registers, because only functions that are inlined get a reference
// to it: one that is called would force it into memory.
struct walk_position {
  const char* base;           // what the marks are offsets from
  const std::uint32_t* mark;  // the next mark
  tag_view* tag;              // the next free tag
  field_view* field;          // the next free field

  [[nodiscard]] WEIR_INLINE const char* next() noexcept { return base + *mark++; }
};

// What a walk needs besides the line.
struct walk_context {
  line_marks& marks;
  line_scratch& scratch;
  const tag_view* tags_end;  // behind the last free tag
  const field_view* fields_end;
  std::int64_t unit_ns;
  std::uint64_t units_max;  // a time of more units does not fit
  std::size_t line_bytes_max;
};

// What a walk writes besides tags and fields.
struct walk_result {
  point_view& point;
  std::uint8_t* order;  // room for the tags' order: tag_layout::tags_max
  std::uint64_t carriage_returns = 0;
};

// A carriage return belongs to the line feed behind it.
WEIR_INLINE const char* without_return(const char* end) noexcept {
  return end - (*end == '\n' && end[-1] == '\r' ? 1 : 0);
}

// The last of the run of spaces that begins at the mark `at`: each of them is a mark.
WEIR_INLINE const char* skip_spaces(const char* at, walk_position& walk) noexcept {
  while (at[1] == ' ') {
    at = walk.next();
  }
  return at;
}

// ---- tags ---------------------------------------------------------------------------------------

// Lines of one measurement mostly have the same tag keys. The last bytes of its name choose the
// layout that remembers them; two measurements that choose the same one cost each other time only.
WEIR_INLINE tag_layout& layout_of(const char* begin, const char* end,
                                  line_marks::memory& memory) noexcept {
  const auto length = static_cast<unsigned>(end - begin);
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, end - sizeof bytes, sizeof bytes);
  bytes = length < 8 ? bytes >> (64 - 8 * length) : bytes;
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
  return memory.layouts[(bytes * odd) >> (64 - line_marks::layouts_bits)];
}

// At the comma before a tag; moves to the mark behind it.
WEIR_INLINE bool read_tag(walk_position& walk, const char*& at, const char*& equals) noexcept {
  const char* const key = at + 1;
  equals = walk.base + walk.mark[0];
  at = walk.base + walk.mark[1];
  walk.mark += 2;
  tag_view& tag = *walk.tag++;
  tag.key = between(key, equals);
  tag.value = between(equals + 1, at);
  return *equals == '=' && equals != key && at != equals + 1;
}

// Takes the tags' order from the layout if their keys are those that it remembers, or else has it
// remember them. False: the exact reader has to judge the keys.
WEIR_INLINE bool order_tags(std::span<const tag_view> tags, key_difference difference,
                            tag_layout& layout, line_scratch& scratch, const walk_result& result) {
  point_view& point = result.point;
  bool known = true;
  if (tags.size() != layout.count || !is_none(difference)) {
    if (!layout.remember(tags, scratch.order, point.tags_sorted)) {
      return false;
    }
    known = layout.count == tags.size();
  } else {
    point.tags_sorted = layout.sorted;
  }
  if (!point.tags_sorted && known) {
    // A copy: another line that is read together with this one may change the layout.
    std::memcpy(result.order, layout.order, sizeof layout.order);
    point.tag_order = {result.order, tags.size()};
  }
  return true;
}

// At the comma behind the measurement, which begins at `line`. Returns the mark that ends the
// series. A single tag is in order; further ones are compared with those of a line before.
WEIR_INLINE const char* read_tags(const walk_context& context, walk_position& walk,
                                  const char* const line, const char* at,
                                  const walk_result& result) {
  tag_view* const first = walk.tag;
  const tag_view* const tags_end = context.tags_end;
  if (walk.tag == tags_end) {
    return nullptr;
  }
  const char* const name_end = at;
  const char* key = at + 1;
  const char* equals = nullptr;
  if (!read_tag(walk, at, equals)) {
    return nullptr;
  }
  if (*at != ',') {
    return at;
  }
  tag_layout& layout = layout_of(line, name_end, *context.marks.storage);
  std::size_t image = 0;
  key_difference difference = no_difference();
  for (;;) {
    // A key too long for an image has no '=' where the image has its own.
    add_difference(difference, key, static_cast<std::size_t>(equals + 1 - key),
                   layout.images + image);
    // The keys of more tags than a layout has are compared with any: the count differs anyway.
    image = (image + tag_layout::image_bytes) % sizeof layout.images;
    if (*at != ',') {
      break;
    }
    if (walk.tag == tags_end) {
      return nullptr;
    }
    key = at + 1;
    if (!read_tag(walk, at, equals)) {
      return nullptr;
    }
  }
  const std::span<const tag_view> tags{first, walk.tag};
  return order_tags(tags, difference, layout, context.scratch, result) ? at : nullptr;
}

// ---- fields -------------------------------------------------------------------------------------

// The string whose opening quote is the mark `at`; moves to the mark behind its closing quote.
WEIR_INLINE bool read_string(walk_position& walk, const char* const begin, const char*& at,
                             field_view& field) noexcept {
  const char* const quote = walk.base + walk.mark[0];
  const bool is_string = at == begin && *quote == '"';
  field.text = between(begin, quote + 1);
  field.type = field_type::string;
  field.uint_value = 0;
  at = walk.base + walk.mark[1];
  walk.mark += 2;
  return is_string && without_return(at) == quote + 1;
}

// The number or boolean between `begin` and the mark `at`.
WEIR_INLINE bool read_bare_value(const char* const begin, const char* const at, field_view& field,
                                 number_findings& numbers) noexcept {
  const char* const end = without_return(at);
  field.text = between(begin, end);
  const char kind = end[-1];
  return kind == 'i'        ? read_integer(begin, end - 1, field, numbers)
         : is_decimal(kind) ? read_float(begin, end, field, numbers.odd_spelling)
                            : read_other_value(begin, end, field);
}

// At the space that ends the series. Returns the mark that ends the field set. Or nullptr: then
// `walk.field` is behind the last good field, and the key there, unless there is no room for it, is
// where the exact reader can go on.
WEIR_INLINE const char* read_fields(const walk_context& context, walk_position& walk,
                                    const char* at, number_findings& numbers) noexcept {
  const field_view* const fields_end = context.fields_end;
  do {
    if (walk.field == fields_end) {
      return nullptr;
    }
    field_view& field = *walk.field;
    const char* const key = at + 1;
    const char* const equals = walk.base + walk.mark[0];
    at = walk.base + walk.mark[1];
    walk.mark += 2;
    field.key = between(key, equals);
    if (*equals != '=' || equals == key) {
      return nullptr;
    }
    const char* const begin = equals + 1;
    const bool good = *at == '"' ? read_string(walk, begin, at, field)
                                 : read_bare_value(begin, at, field, numbers);
    if (!good) {
      return nullptr;
    }
    ++walk.field;
  } while (*at == ',');
  if (*at != ' ' && *at != '\n') {
    --walk.field;  // what follows it makes it another one
    return nullptr;
  }
  return at;
}

// ---- lines --------------------------------------------------------------------------------------

// Where a line ends: the line feed, and the end of the text before it.
struct line_end {
  const char* at;
  const char* text;
};

// At the mark behind the field set: a space, or the line feed of a line without timestamp. `good`
// becomes false for a timestamp that cannot be decoded here.
WEIR_INLINE line_end read_line_end(const walk_context& context, walk_position& walk, const char* at,
                                   __m128i& wrong, point_view& point, bool& good) noexcept {
  if (*at != ' ') {
    point.time.reset();
    return {at, without_return(at)};
  }
  const char* const begin = at + 1;
  at = walk.next();
  const char* end = without_return(at);
  good = read_time(begin, end, context.unit_ns, context.units_max, wrong, point.time);
  if (*at == ' ') {
    at = skip_spaces(at, walk);
    const char* const next = walk.base + *walk.mark;
    if (*at == ' ' && *next == '\n' && without_return(next) == at + 1) {
      at = next;
      ++walk.mark;
    }
    end = without_return(at);
  }
  return {at, end};
}

// Remembers for the exact reader what the walk had read when it gave up at `at`: `parts`, with the
// tags and fields before `tag` and `field`. Only of use if the line is the first of those that are
// read together.
[[gnu::noinline]] inline const char* give_up(const walk_context& context, line_progress::part parts,
                                             const char* at, const tag_view* tag,
                                             const field_view* field,
                                             bool fields_canonical) noexcept {
  line_scratch& scratch = context.scratch;
  scratch.tag_count = static_cast<std::size_t>(tag - scratch.tags.data());
  scratch.field_count = static_cast<std::size_t>(field - scratch.fields.data());
  context.marks.progress = {parts, at, scratch.field_count, fields_canonical};
  return nullptr;
}

// At the first mark of a line. Returns the mark that ends the series.
WEIR_INLINE const char* read_series(const walk_context& context, walk_position& walk,
                                    const char* const line, const walk_result& result) {
  const char first = *line;
  const char* at = walk.next();
  const char* const name_end = at;
  if (name_end == line || first == '#' || first == '\t' || first == '\0') {
    return nullptr;
  }
  point_view& point = result.point;
  point.tags_sorted = true;
  point.tag_order = {};
  if (*at == ',') {
    at = read_tags(context, walk, line, at, result);
  }
  if (at == nullptr || *at != ' ') {
    return nullptr;
  }
  point.series = between(line, at);
  point.measurement = between(line, name_end);
  return at;
}

// The line that begins at `line` and whose first mark is `walk.mark`. Returns where the next line
// begins.
WEIR_INLINE const char* walk_line(const walk_context& context, walk_position& walk,
                                  const char* const line, walk_result& result) {
  using part = line_progress::part;
  const tag_view* const first_tag = walk.tag;
  const field_view* const first_field = walk.field;
  const char* const series_end = read_series(context, walk, line, result);
  if (series_end == nullptr) {
    return nullptr;
  }
  const char* at = skip_spaces(series_end, walk);
  number_findings numbers;
  numbers.odd_spelling = at != series_end;
  at = is_white_space(at[1]) ? nullptr : read_fields(context, walk, at, numbers);
  if (at == nullptr) {
    const bool some =
        walk.field != first_field && walk.field != context.fields_end && numbers.are_good();
    return some ? give_up(context, part::fields, walk.field->key.data(), walk.tag, walk.field,
                          !numbers.odd_spelling)
                : give_up(context, part::series, series_end, walk.tag, first_field, true);
  }
  const char* const fields_end = without_return(at);
  const bool are_fields_good = numbers.are_good();
  bool good = true;
  point_view& point = result.point;
  const line_end end = read_line_end(context, walk, at, numbers.wrong, point, good);
  if (!good || *end.at != '\n' || !numbers.are_good() ||
      static_cast<std::size_t>(end.at - line) > context.line_bytes_max) {
    return are_fields_good
               ? give_up(context, part::all, fields_end, walk.tag, walk.field,
                         !numbers.odd_spelling)
               : give_up(context, part::series, series_end, walk.tag, first_field, true);
  }
  point.text = between(line, end.text);
  point.series_and_fields = between(line, fields_end);
  point.tags = {first_tag, walk.tag};
  point.fields = {first_field, walk.field};
  point.fields_canonical = !numbers.odd_spelling;
  point.canonical = point.tags_sorted && !numbers.odd_spelling;
  result.carriage_returns += static_cast<std::uint64_t>(end.at - end.text);
  point.carriage_return = end.at != end.text;
  return end.at + 1;
}
