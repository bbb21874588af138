#include "formats/coco_json.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "formats/coco_json_fields.h"
#include "image/polygon_mask.h"

namespace tenon::formats {

namespace {

using namespace coco;
using evaluation::Box;
using evaluation::Detections;
using evaluation::Task;
using evaluation::Truth;
using simdjson::dom::element;

constexpr std::uint32_t kLongestSide = 1 << 16;  // pixels

/// Sorts rows by id; throws where two share one.
std::vector<std::size_t> rows_by_id(const std::vector<std::int64_t>& ids, std::string_view array,
                                    const std::string& path) {
  std::vector<std::size_t> rows(ids.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (ids[rows[i]] == ids[rows[i - 1]])
      throw Place{path, array, rows[i]}.error("id", "is " + std::to_string(ids[rows[i]]) +
                                                        ", as that of " + std::string(array) + "/" +
                                                        std::to_string(rows[i - 1]));
  return rows;
}

template <typename T>
std::vector<T> taken(const std::vector<T>& column, const std::vector<std::size_t>& rows) {
  std::vector<T> result;
  result.reserve(rows.size());
  for (const std::size_t row : rows) result.push_back(column[row]);
  return result;
}

image::PictureSize picture_size(const Place& place, const Fields& fields) {
  if (!fields.width && !fields.height) return {};
  const std::int64_t width = integer(place, "width", fields.width);
  const std::int64_t height = integer(place, "height", fields.height);
  for (const std::int64_t side : {width, height})
    if (side < 1 || side > kLongestSide)
      throw place.error(side == width ? "width" : "height",
                        "is " + std::to_string(side) + ", it must be 1 to 65536 pixels");
  return {static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width)};
}

void read_images(element document, const std::string& path, evaluation::Images& images) {
  evaluation::Images read;
  std::size_t index = 0;
  for (const element object : member_array(document, "images", path)) {
    const Place place{path, "/images", index++};
    const Fields fields(place, object);
    read.ids.push_back(integer(place, "id", fields.id));
    read.names.push_back(text_or_empty(fields.file_name));
    read.sizes.push_back(picture_size(place, fields));
  }
  const auto rows = rows_by_id(read.ids, "/images", path);
  images = {taken(read.ids, rows), taken(read.names, rows), taken(read.sizes, rows)};
}

void read_categories(element document, const std::string& path,
                     evaluation::Categories& categories) {
  evaluation::Categories read;
  std::size_t index = 0;
  for (const element object : member_array(document, "categories", path)) {
    const Place place{path, "/categories", index++};
    const Fields fields(place, object);
    read.ids.push_back(integer(place, "id", fields.id));
    read.names.push_back(text_or_empty(fields.name));
  }
  const auto rows = rows_by_id(read.ids, "/categories", path);
  categories = {taken(read.ids, rows), taken(read.names, rows)};
}

std::uint32_t image_row(const Place& place, const Fields& fields, IdIndex& images) {
  const std::int64_t id = integer(place, "image_id", fields.image_id);
  const auto row = images.find(id);
  if (!row)
    throw place.error("image_id", "is " + std::to_string(id) + ", the truth has no such picture");
  return *row;
}

Error unknown_class(const Place& place, std::int64_t id, const evaluation::Categories& known) {
  Error error =
      place.error("category_id", "is " + std::to_string(id) + ", the truth has no such class");
  if (!known.ids.empty())
    error.hint("its classes are " + std::to_string(known.ids.front()) + " to " +
               std::to_string(known.ids.back()) +
               "; class numbers may start at 0 here and at 1 there");
  return error;
}

void read_annotation(const Place& place, const Fields& fields, Task task, Truth& truth) {
  truth.ids.push_back(integer(place, "id", fields.id));
  truth.is_crowd.push_back(flag(place, "iscrowd", fields.iscrowd));
  truth.is_difficult.push_back(0);
  truth.areas.push_back(number(place, "area", fields.area));
  const bool needs_box = task != Task::Mask || fields.bbox;
  truth.boxes.push_back(needs_box ? box(place, fields.bbox) : Box{});
  if (task == Task::Mask) {
    if (!fields.segmentation) throw place.error("", "has no segmentation");
    append_mask(place, *fields.segmentation, truth.images.sizes[truth.image.back()], truth.masks);
  }
  std::int32_t labelled = 0;
  if (task == Task::Keypoints) {
    append_keypoints(place, fields.keypoints, truth.keypoints);
    const auto points = truth.keypoints[truth.size() - 1];
    for (std::size_t i = 2; i < points.size(); i += 3) labelled += points[i] > 0;
    if (fields.num_keypoints)
      labelled = integer(place, "num_keypoints", fields.num_keypoints) != 0 ? 1 : 0;
  }
  truth.labelled_points.push_back(labelled);
}

/// What gives a detection its area, and its box where it has none.
enum class Extent { Box, Mask, Keypoints };

Extent extent_of(const Place& place, const Fields& first) {
  if (first.bbox) return Extent::Box;
  if (first.segmentation) return Extent::Mask;
  if (first.keypoints) return Extent::Keypoints;
  throw place.error("", "has neither bbox nor segmentation nor keypoints");
}

Box keypoint_box(std::span<const double> points) {
  double left = points[0], right = left, top = points[1], bottom = top;
  for (std::size_t i = 0; i < points.size(); i += 3) {
    left = std::min(left, points[i]);
    right = std::max(right, points[i]);
    top = std::min(top, points[i + 1]);
    bottom = std::max(bottom, points[i + 1]);
  }
  return {left, top, right - left, bottom - top};
}

/// Reads the shape of one detection: box, area and what the task needs.
class ShapeReader {
 public:
  ShapeReader(const Truth& truth, Task task, Extent extent)
      : truth_(truth), task_(task), extent_(extent) {}

  void read(const Place& place, const Fields& fields, std::uint32_t picture,
            Detections& detections) {
    const image::PictureSize size = truth_.images.sizes[picture];
    if (extent_ == Extent::Box) {
      detections.boxes.push_back(box(place, fields.bbox));
      detections.areas.push_back(detections.boxes.back().area());
    }
    if (task_ == Task::Mask || extent_ == Extent::Mask) read_mask(place, fields, size, detections);
    if (task_ == Task::Keypoints || extent_ == Extent::Keypoints)
      read_keypoints(place, fields, detections);
  }

 private:
  void read_mask(const Place& place, const Fields& fields, image::PictureSize size,
                 Detections& detections) {
    evaluation::MaskColumn alone;
    evaluation::MaskColumn& masks = task_ == Task::Mask ? detections.masks : alone;
    if (fields.segmentation)
      append_mask(place, *fields.segmentation, size, masks);
    else
      append_box_mask(place, fields, size, masks);
    if (extent_ != Extent::Mask) return;
    const image::Runs mask = masks[masks.size() - 1];
    const image::PixelBox tight = image::tight_box(mask, size.height);
    const Box made{double(tight.left), double(tight.top), double(tight.width),
                   double(tight.height)};
    detections.boxes.push_back(fields.bbox ? box(place, fields.bbox) : made);
    detections.areas.push_back(static_cast<double>(image::mask_area(mask)));
  }

  void append_box_mask(const Place& place, const Fields& fields, image::PictureSize size,
                       evaluation::MaskColumn& masks) try {
    if (extent_ != Extent::Box) throw place.error("", "has no segmentation");
    const Box b = box(place, fields.bbox);
    masks.append(image::box_runs(b.left, b.top, b.width, b.height, known_size(place, size)));
  } catch (const Error& error) {
    if (!error.pointer().empty()) throw;
    throw place.error("bbox", error);
  }

  void read_keypoints(const Place& place, const Fields& fields, Detections& detections) {
    evaluation::KeypointColumn alone;
    auto& keypoints = task_ == Task::Keypoints ? detections.keypoints : alone;
    append_keypoints(place, fields.keypoints, keypoints);
    if (extent_ != Extent::Keypoints) return;
    const std::size_t width = keypoints.points * 3;
    detections.boxes.push_back(keypoint_box(std::span(keypoints.values).last(width)));
    detections.areas.push_back(detections.boxes.back().area());
  }

  const Truth& truth_;
  Task task_;
  Extent extent_;
};

}  // namespace

Truth read_coco_truth(std::string_view text, const std::string& path,
                      const CocoJsonOptions& options) {
  simdjson::dom::parser parser;
  const element document = parse(parser, text, path);
  Truth truth;
  read_images(document, path, truth.images);
  read_categories(document, path, truth.categories);
  IdIndex images(truth.images.ids), categories(truth.categories.ids);
  std::size_t index = 0;
  for (const element object : member_array(document, "annotations", path)) {
    const Place place{path, "/annotations", index++};
    const Fields fields(place, object);
    truth.image.push_back(image_row(place, fields, images));
    const std::int64_t id = integer(place, "category_id", fields.category_id);
    const auto category = categories.find(id);
    if (!category) throw unknown_class(place, id, truth.categories);
    truth.category.push_back(*category);
    read_annotation(place, fields, options.task, truth);
  }
  rows_by_id(truth.ids, "/annotations", path);
  return truth;
}

Detections read_coco_results(std::string_view text, const std::string& path, const Truth& truth,
                             const CocoJsonOptions& options) {
  simdjson::dom::parser parser;
  const element document = parse(parser, text, path);
  simdjson::dom::array records;
  const bool is_array = document.get(records) == simdjson::SUCCESS;
  if (!is_array) records = member_array(document, "annotations", path);
  IdIndex images(truth.images.ids), categories(truth.categories.ids);
  Detections detections;
  std::optional<ShapeReader> shapes;
  std::size_t index = 0;
  for (const element object : records) {
    const Place place{path, is_array ? "" : "/annotations", index++};
    const Fields fields(place, object);
    if (!shapes) shapes.emplace(truth, options.task, extent_of(place, fields));
    const std::uint32_t picture = image_row(place, fields, images);
    const std::int64_t id = integer(place, "category_id", fields.category_id);
    const auto category = categories.find(id);
    if (!category && options.drops_unknown_classes) continue;
    if (!category) throw unknown_class(place, id, truth.categories);
    detections.image.push_back(picture);
    detections.category.push_back(*category);
    detections.scores.push_back(number(place, "score", fields.score));
    shapes->read(place, fields, picture, detections);
  }
  return detections;
}

}  // namespace tenon::formats
