#include "formats/coco_json_fields.h"

#include <cmath>

#include "formats/json_syntax.h"

namespace tenon::formats::coco {

using evaluation::Box;
using simdjson::dom::element;

Fields::Fields(const Place& place, element object) {
  static constexpr std::pair<std::string_view, Field Fields::*> kNames[] = {
      {"image_id", &Fields::image_id},   {"category_id", &Fields::category_id},
      {"bbox", &Fields::bbox},           {"score", &Fields::score},
      {"area", &Fields::area},           {"id", &Fields::id},
      {"iscrowd", &Fields::iscrowd},     {"segmentation", &Fields::segmentation},
      {"keypoints", &Fields::keypoints}, {"num_keypoints", &Fields::num_keypoints},
      {"width", &Fields::width},         {"height", &Fields::height},
      {"name", &Fields::name},           {"file_name", &Fields::file_name}};
  simdjson::dom::object fields;
  if (object.get(fields) != simdjson::SUCCESS) throw place.error("", "is not an object");
  for (const auto& [key, value] : fields) {
    for (const auto& [name_known, member] : kNames) {
      if (key != name_known) continue;
      this->*member = value;
      break;
    }
  }
  if (bbox && bbox->is_array() && simdjson::dom::array(*bbox).size() == 0) bbox.reset();
}

double number(const Place& place, std::string_view name, const Field& field) {
  if (!field) throw place.error("", "has no " + std::string(name));
  double value = 0.0;
  if (field->get(value) != simdjson::SUCCESS) throw place.error(name, "is not a number");
  return value;
}

std::int64_t integer(const Place& place, std::string_view name, const Field& field) {
  if (!field) throw place.error("", "has no " + std::string(name));
  std::int64_t value = 0;
  if (field->get(value) == simdjson::SUCCESS) return value;
  double real = 0.0;
  if (field->get(real) == simdjson::SUCCESS && real == std::floor(real) && std::abs(real) < 0x1p53)
    return static_cast<std::int64_t>(real);
  throw place.error(name,
                    field->is_string() ? "is a text, it must be an integer" : "is not an integer");
}

bool flag(const Place& place, std::string_view name, const Field& field) {
  if (!field) return false;
  if (field->is_bool()) return bool(*field);
  const std::int64_t value = integer(place, name, field);
  if (value != 0 && value != 1) throw place.error(name, "is neither 0 nor 1");
  return value == 1;
}

std::string text_or_empty(const Field& field) {
  std::string_view text;
  if (field && field->get(text) == simdjson::SUCCESS) return std::string(text);
  return {};
}

void numbers(const Place& place, std::string_view name, element array, std::vector<double>& out) {
  simdjson::dom::array values;
  if (array.get(values) != simdjson::SUCCESS) throw place.error(name, "is not an array");
  for (const element value : values) {
    double number_read = 0.0;
    if (value.get(number_read) != simdjson::SUCCESS)
      throw place.error(name, "holds something that is not a number");
    out.push_back(number_read);
  }
}

Box box(const Place& place, const Field& field) {
  if (!field) throw place.error("", "has no bbox").hint(kBoxHint);
  std::vector<double> sides;
  numbers(place, "bbox", *field, sides);
  if (sides.size() != 4)
    throw place.error("bbox", "has " + std::to_string(sides.size()) + " numbers, it must have 4")
        .hint(kBoxHint);
  for (const std::size_t side : {2, 3}) {
    if (sides[side] >= 0) continue;
    throw place
        .error("bbox",
               std::string(side == 2 ? "width" : "height") + " is negative, it must be 0 or more")
        .hint(kBoxHint);
  }
  return {sides[0], sides[1], sides[2], sides[3]};
}

element parse(simdjson::dom::parser& parser, std::string_view text, const std::string& path) {
  element document;
  const simdjson::error_code code = parser.parse(text.data(), text.size()).get(document);
  if (code != simdjson::SUCCESS) throw json_syntax_error(text, path, simdjson::error_message(code));
  return document;
}

simdjson::dom::array member_array(element document, const char* name, const std::string& path) {
  simdjson::dom::object object;
  simdjson::dom::array array;
  if (document.get(object) != simdjson::SUCCESS)
    throw Error(ErrorKind::Input, "is not a COCO dataset: it must be an object")
        .at(path)
        .hint("results, an array, are the detections");
  if (object.at_key(name).get(array) != simdjson::SUCCESS)
    throw Error(ErrorKind::Input, "has no array " + quoted(name))
        .at(path)
        .hint("a COCO dataset has images, categories and annotations");
  return array;
}

}  // namespace tenon::formats::coco
