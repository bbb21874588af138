#include "formats/gguf_split.h"

#include <charconv>
#include <cstdio>
#include <optional>
#include <unordered_map>

namespace tenon::formats {

namespace {

constexpr std::uint64_t kMaxParts = 65535;  // split.count is a u16

struct SplitName {
  std::string stem;          // "/models/big" of "/models/big-00002-of-00003.gguf"
  std::uint64_t number = 0;  // from 1
  std::uint64_t count = 0;
};

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<SplitName> parse_split_name(std::string_view path) {
  constexpr std::string_view kEnding = ".gguf";
  constexpr std::size_t kDigits = 5;
  constexpr std::size_t kTail = 1 + kDigits + 4 + kDigits;  // "-00001-of-00003"
  if (!path.ends_with(kEnding) || path.size() < kTail + kEnding.size()) return std::nullopt;
  const std::string_view tail = path.substr(path.size() - kEnding.size() - kTail, kTail);
  if (tail[0] != '-' || tail.substr(1 + kDigits, 4) != "-of-") return std::nullopt;
  const auto number = parse_digits(tail.substr(1, kDigits));
  const auto count = parse_digits(tail.substr(kTail - kDigits));
  if (!number || !count) return std::nullopt;
  return SplitName{std::string(path.substr(0, path.size() - kEnding.size() - kTail)), *number,
                   *count};
}

std::string part_path(const SplitName& name, std::uint64_t number) {
  char tail[48];
  std::snprintf(tail, sizeof tail, "-%05llu-of-%05llu.gguf",
                static_cast<unsigned long long>(number),
                static_cast<unsigned long long>(name.count));
  return name.stem + tail;
}

std::uint64_t split_count(const GgufHeader& header) {
  const std::uint64_t count = header.metadata.find_u64("split.count").value_or(1);
  if (count > kMaxParts)
    throw header.metadata.error("split.count", "is " + std::to_string(count) + ", at most " +
                                                   std::to_string(kMaxParts) +
                                                   " parts are allowed");
  return count;
}

void check_part(const GgufHeader& header, std::size_t index, std::size_t count) {
  const std::uint64_t number = header.metadata.require_u64("split.no");
  const std::uint64_t said = split_count(header);
  if (said != count)
    throw header.metadata.error(
        "split.count",
        "is " + std::to_string(said) + ", the first part says " + std::to_string(count));
  if (number != index)
    throw header.metadata
        .error("split.no", "is " + std::to_string(number) + ", this file is in the place of " +
                               std::to_string(index))
        .hint("parts of different models or renamed parts lie in one folder");
}

void check_names(std::span<const GgufHeader> headers) {
  std::unordered_map<std::string_view, const GgufHeader*> owners;
  for (const GgufHeader& header : headers)
    for (const GgufTensor& tensor : header.tensors) {
      const auto [owner, is_new] = owners.emplace(tensor.name, &header);
      if (!is_new)
        throw Error(ErrorKind::Input,
                    "tensor " + quoted(tensor.name) + " is also in " + owner->second->part.path)
            .at(header.part.path);
    }
}

}  // namespace

std::vector<std::string> split_siblings(const GgufHeader& header) {
  const std::uint64_t count = split_count(header);
  if (count <= 1) return {};
  const auto name = parse_split_name(header.part.path);
  if (!name || name->count != count)
    throw header.metadata
        .error("split.count", "the file is a part of " + std::to_string(count) +
                                  " but is not named like one, so the others cannot be found")
        .hint("name the parts NAME-00001-of-" + part_path({"", 0, count}, 0).substr(10, 5) +
              ".gguf and so on, as they were published");
  std::vector<std::string> paths;
  for (std::uint64_t number = 1; number <= count; ++number)
    paths.push_back(part_path(*name, number));
  return paths;
}

MappedFile open_sibling(const std::string& path, const std::string& opened) {
  try {
    return MappedFile(path);
  } catch (Error& error) {
    throw error.hint("it is a part of the split model that " + opened +
                     " belongs to; put all parts in one folder");
  }
}

void check_split(std::span<const GgufHeader> headers) {
  const std::uint64_t count = split_count(headers[0]);
  if (count <= 1 && headers.size() == 1) return;
  if (count != headers.size())
    throw headers[0].metadata.error("split.count", "is " + std::to_string(count) + ", " +
                                                       std::to_string(headers.size()) +
                                                       " parts were given");
  std::uint64_t tensor_count = 0;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    check_part(headers[i], i, headers.size());
    tensor_count += headers[i].tensors.size();
  }
  const auto said = headers[0].metadata.find_u64("split.tensors.count");
  if (said && *said != tensor_count)
    throw headers[0].metadata.error(
        "split.tensors.count",
        "is " + std::to_string(*said) + ", the parts hold " + std::to_string(tensor_count));
  check_names(headers);
}

}  // namespace tenon::formats
