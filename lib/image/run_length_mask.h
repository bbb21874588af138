#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::image {

/// Pixels of a picture, down its columns: what the runs of a mask add up to.
struct PictureSize {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  bool operator==(const PictureSize&) const = default;
};

/// A binary mask as lengths of runs in column-major order: background, object, background, ...
/// (COCO's run-length encoding, maskApi.c). Canonical runs add up to height * width, and no run but
/// the first is 0.
using Runs = std::span<const std::uint32_t>;
using RunList = std::vector<std::uint32_t>;

/// Number of pixels of `size`. Throws Error(Input) for a side of 0 or 2^32 pixels and more, which
/// 32-bit runs cannot hold.
std::uint32_t pixel_count(PictureSize size);

/// Throws Error(Input) unless the runs are canonical for `size`; says which run overruns the
/// picture, that they end short of it, or which is 0.
void check_runs(Runs runs, PictureSize size);

/// Appends the runs of COCO's compressed text: from the fourth run on the difference to the run two
/// before, 5 bits a character from the least on, 0x20 = more follow, the last 0x10 extends the sign,
/// plus 48. Throws Error(Input) as check_runs does, and for foreign characters or numbers cut short.
void append_runs(std::string_view text, PictureSize size, RunList& runs);
RunList runs_from_text(std::string_view text, PictureSize size);
std::string text_from_runs(Runs runs);

/// Pixels of the object.
std::uint64_t mask_area(Runs runs);

/// The smallest rectangle around the object: left, top, width, height in whole pixels; all 0 for an
/// empty mask.
struct PixelBox {
  std::uint32_t left = 0, top = 0, width = 0, height = 0;
  bool operator==(const PixelBox&) const = default;
};
PixelBox tight_box(Runs runs, std::uint32_t height);

/// Pixels in both objects; both masks are of one picture size.
std::uint64_t intersection_area(Runs a, Runs b);

/// The pixels of either, canonical; both masks are of one picture size.
RunList unite(Runs a, Runs b);

}  // namespace tenon::image
