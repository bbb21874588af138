#include "image/run_length_mask.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace tenon::image {

namespace {

Error bad_runs(const std::string& message) {
  return Error(ErrorKind::Input, "the run-length mask " + message);
}

/// Sees that runs arrive as a canonical mask has them.
class RunCheck {
 public:
  explicit RunCheck(PictureSize size) : pixels_(pixel_count(size)) {}

  void run(std::int64_t length) {
    if (length < 0) throw bad_runs("has run " + std::to_string(index_) + " of negative length");
    if (length == 0 && index_ > 0)
      throw bad_runs("has run " + std::to_string(index_) + " of length 0")
          .hint("only the first run, of background, may be empty");
    seen_ += static_cast<std::uint64_t>(length);
    if (seen_ > pixels_)
      throw bad_runs("overruns the picture at run " + std::to_string(index_) + ": it has " +
                     std::to_string(pixels_) + " pixels");
    ++index_;
  }
  void finish() const {
    if (seen_ != pixels_)
      throw bad_runs("covers " + std::to_string(seen_) + " of the " + std::to_string(pixels_) +
                     " pixels of the picture")
          .hint("size is [height, width]");
  }

 private:
  std::uint64_t pixels_;
  std::uint64_t seen_ = 0;
  std::size_t index_ = 0;
};

/// One number of the compressed text, from `at` on.
std::int64_t read_number(std::string_view text, std::size_t& at) {
  std::int64_t value = 0;
  for (int shift = 0;; shift += 5) {
    if (at == text.size()) throw bad_runs("ends within a number");
    const int digit = static_cast<unsigned char>(text[at]) - 48;
    if (digit < 0 || digit > 63)
      throw bad_runs("has a character that no mask has at byte " + std::to_string(at));
    if (shift > 35) throw bad_runs("has a number that is too long at byte " + std::to_string(at));
    ++at;
    value |= static_cast<std::int64_t>(digit & 0x1f) << shift;
    if ((digit & 0x20) != 0) continue;
    if ((digit & 0x10) != 0) value -= std::int64_t{1} << (shift + 5);
    return value;
  }
}

/// Walks over the runs of two masks of one size side by side and calls
/// piece(length, in_a, in_b) for each stretch on which neither changes.
template <typename Piece>
void walk(Runs a, Runs b, Piece piece) {
  std::size_t next_a = 0, next_b = 0;
  std::uint32_t left_a = 0, left_b = 0;
  for (;;) {
    while (left_a == 0 && next_a < a.size()) left_a = a[next_a++];
    while (left_b == 0 && next_b < b.size()) left_b = b[next_b++];
    if (left_a == 0 || left_b == 0) return;
    const std::uint32_t length = std::min(left_a, left_b);
    piece(length, next_a % 2 == 0, next_b % 2 == 0);
    left_a -= length;
    left_b -= length;
  }
}

}  // namespace

std::uint32_t pixel_count(PictureSize size) {
  const std::uint64_t pixels = std::uint64_t{size.height} * size.width;
  if (pixels == 0) throw bad_runs("belongs to a picture without pixels");
  if (pixels > std::numeric_limits<std::uint32_t>::max())
    throw bad_runs("belongs to a picture of 2^32 pixels or more");
  return static_cast<std::uint32_t>(pixels);
}

void check_runs(Runs runs, PictureSize size) {
  RunCheck check(size);
  for (const std::uint32_t length : runs) check.run(length);
  check.finish();
}

void append_runs(std::string_view text, PictureSize size, RunList& runs) {
  RunCheck check(size);
  const std::size_t first = runs.size();
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t length = read_number(text, at);
    if (runs.size() - first > 2) length += runs[runs.size() - 2];
    check.run(length);
    runs.push_back(static_cast<std::uint32_t>(length));
  }
  check.finish();
}

RunList runs_from_text(std::string_view text, PictureSize size) {
  RunList runs;
  append_runs(text, size, runs);
  return runs;
}

std::string text_from_runs(Runs runs) {
  std::string text;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::int64_t rest = runs[i];
    if (i > 2) rest -= runs[i - 2];
    for (bool is_last = false; !is_last;) {
      int digit = static_cast<int>(rest & 0x1f);
      rest >>= 5;
      is_last = rest == ((digit & 0x10) != 0 ? -1 : 0);
      if (!is_last) digit |= 0x20;
      text.push_back(static_cast<char>(digit + 48));
    }
  }
  return text;
}

std::uint64_t mask_area(Runs runs) {
  std::uint64_t area = 0;
  for (std::size_t i = 1; i < runs.size(); i += 2) area += runs[i];
  return area;
}

PixelBox tight_box(Runs runs, std::uint32_t height) {
  std::uint64_t position = 0;
  std::uint32_t left = std::numeric_limits<std::uint32_t>::max(), top = left, right = 0, bottom = 0;
  for (std::size_t i = 0; i + 1 < runs.size(); i += 2) {
    const std::uint64_t first = position + runs[i];
    const std::uint64_t last = first + runs[i + 1] - 1;
    position = last + 1;
    const auto first_x = static_cast<std::uint32_t>(first / height);
    const auto last_x = static_cast<std::uint32_t>(last / height);
    const bool crosses = first_x != last_x;
    left = std::min(left, first_x);
    right = std::max(right, last_x);
    top = crosses ? 0 : std::min(top, static_cast<std::uint32_t>(first % height));
    bottom = crosses ? height - 1 : std::max(bottom, static_cast<std::uint32_t>(last % height));
  }
  if (left > right) return {};
  return {left, top, right - left + 1, bottom - top + 1};
}

std::uint64_t intersection_area(Runs a, Runs b) {
  std::uint64_t area = 0;
  walk(a, b, [&](std::uint32_t length, bool in_a, bool in_b) {
    if (in_a && in_b) area += length;
  });
  return area;
}

RunList unite(Runs a, Runs b) {
  RunList runs = {0};
  bool is_object = false;
  walk(a, b, [&](std::uint32_t length, bool in_a, bool in_b) {
    if ((in_a || in_b) != is_object) {
      is_object = !is_object;
      runs.push_back(0);
    }
    runs.back() += length;
  });
  return runs;
}

}  // namespace tenon::image
